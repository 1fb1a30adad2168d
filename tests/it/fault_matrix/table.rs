//! Runs the rows: every call over every transport in every language, and prints what came of it.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use super::row::{CALLS, CELL_MAX, Call, Flaw, Kind, Row, TRANSPORTS};
use crate::support::driver::{self, Driver};
use crate::support::resources::{Resources, settle};

/// How many rows a language runs at once: of those that work, and of those that wait for a deadline.
const AT_ONCE: [usize; 2] = [6, 16];

/// The languages, by how a driver is started.
type Start = Arc<dyn Fn() -> Driver + Send + Sync>;

/// A cell: its row, transport and call.
type Place = (usize, usize, Call);

/// What came of a cell in one language.
struct Report {
    place: Place,
    language: &'static str,
    given: String,
    flaws: Vec<Flaw>,
}

/// Runs all rows, prints the table and fails if a cell has a flaw.
pub fn check_all(rows: Vec<Row>) {
    let begun = Instant::now();
    let rows = Arc::new(rows);
    let languages = languages();
    let mut reports = Vec::new();
    for (short_deadline, at_once) in [false, true].into_iter().zip(AT_ONCE) {
        let chosen =
            (0..rows.len()).filter(|&row| rows[row].has_short_deadline() == short_deadline);
        reports.extend(run(&rows, chosen.collect(), &languages, at_once));
    }
    print_table(&rows, &reports);
    println!("{}, {:.0?}", totals(&rows, &reports), begun.elapsed());
    let flaws = reports.iter().flat_map(|report| told(&rows, report));
    let flaws: Vec<String> = flaws.collect();
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
    let cells = rows.len() * TRANSPORTS.len() * CALLS.len() * languages.len();
    assert_eq!(reports.len(), cells, "every cell has been run");
}

fn languages() -> [Start; 2] {
    let c = driver::c(&[]).get_program().to_owned();
    [
        Arc::new(|| Driver::start("rust", &mut driver::rust())),
        Arc::new(move || Driver::start("c", &mut Command::new(&c))),
    ]
}

/// Runs these rows in every language, so many at once.
fn run(
    rows: &Arc<Vec<Row>>,
    chosen: Vec<usize>,
    languages: &[Start],
    at_once: usize,
) -> Vec<Report> {
    let (sender, heard) = channel();
    let mut workers = Vec::new();
    for start in languages {
        let queue = Arc::new(Mutex::new(chosen.clone()));
        for _ in 0..at_once {
            let (start, rows) = (Arc::clone(start), Arc::clone(rows));
            let (queue, sender) = (Arc::clone(&queue), sender.clone());
            workers.push(thread::spawn(move || work(start(), &rows, &queue, &sender)));
        }
    }
    drop(sender);
    let reports = collect(&heard);
    for worker in workers {
        worker.join().expect("the driver works");
    }
    reports
}

/// Runs rows of the queue until none is left, or a call has left something behind: those that come after it
/// would be blamed for that.
fn work(mut driver: Driver, rows: &[Row], queue: &Mutex<Vec<usize>>, sender: &Sender<Report>) {
    assert_eq!(driver.run("reset"), "OK");
    let before = driver.resources();
    let next = || queue.lock().expect("no worker panics here").pop();
    while let Some(row) = next() {
        let is_clean = places(row).all(|place| {
            let report = run_cell(&rows[row], place, &mut driver, before);
            let leaks = report.flaws.iter().any(|flaw| flaw.0 == Kind::Leak);
            let _ = sender.send(report);
            !leaks
        });
        if !is_clean {
            break;
        }
    }
    driver.stop();
}

/// The cells of a row.
fn places(row: usize) -> impl Iterator<Item = Place> {
    let transports = 0..TRANSPORTS.len();
    transports.flat_map(move |transport| CALLS.map(|call| (row, transport, call)))
}

fn run_cell(row: &Row, place: Place, driver: &mut Driver, before: Option<Resources>) -> Report {
    let (given, mut flaws) = row.run(place.2, place.1, driver);
    let leak = settle(before, || driver.resources()).err();
    flaws.extend(leak.map(|leak| (Kind::Leak, leak)));
    Report {
        place,
        language: driver.language,
        given,
        flaws,
    }
}

/// What the workers report, until they have ended.
fn collect(heard: &Receiver<Report>) -> Vec<Report> {
    let mut reports = Vec::new();
    loop {
        match heard.recv_timeout(CELL_MAX) {
            Ok(report) => reports.push(report),
            Err(RecvTimeoutError::Disconnected) => return reports,
            Err(RecvTimeoutError::Timeout) => {
                let places: Vec<Place> = reports.iter().map(|report| report.place).collect();
                panic!("a call hangs; these do not: {places:?}");
            }
        }
    }
}

// ---- what is printed ----

fn print_table(rows: &[Row], reports: &[Report]) {
    let given: BTreeMap<Place, &str> = reports
        .iter()
        .filter(|report| report.language == "rust")
        .map(|report| (report.place, &*report.given))
        .collect();
    for (number, row) in rows.iter().enumerate() {
        let cell = |place: Place| given.get(&place).copied().unwrap_or("not run");
        let of = |transport: usize| CALLS.map(|call| cell((number, transport, call)));
        let name: String = row.name.escape_debug().take(70).collect();
        println!("{name:70} {}", by_transport([of(0), of(1)]));
    }
}

/// What the calls gave, said once where it is the same.
fn by_transport(given: [[&str; 3]; 2]) -> String {
    if given[0] == given[1] {
        return by_call(given[0]);
    }
    let one = |at: usize| format!("{}: {}", TRANSPORTS[at].name, by_call(given[at]));
    format!("{}; {}", one(0), one(1))
}

fn by_call(given: [&str; 3]) -> String {
    if given.iter().all(|text| *text == given[0]) {
        return given[0].to_owned();
    }
    let one = |call: usize| format!("{:?} {}", CALLS[call], given[call]);
    [0, 1, 2].map(one).join(", ")
}

fn totals(rows: &[Row], reports: &[Report]) -> String {
    let count = |kind| {
        let flaws = reports.iter().flat_map(|report| &report.flaws);
        format!("{} {kind:?}", flaws.filter(|flaw| flaw.0 == kind).count())
    };
    let flaws = Kind::ALL.map(count).join(", ");
    format!("{} faults, {} cells: {flaws}", rows.len(), reports.len())
}

/// The flaws of a cell, with where it stands.
fn told<'a>(rows: &'a [Row], report: &'a Report) -> impl Iterator<Item = String> + 'a {
    let (row, transport, call) = report.place;
    let cell = format!(
        "{} / {:?} / {} / {}",
        rows[row].name, call, TRANSPORTS[transport].name, report.language
    );
    report
        .flaws
        .iter()
        .map(move |(kind, told)| format!("{cell}: {kind:?}: {told}"))
}
