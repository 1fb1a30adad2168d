//! Runs the rows: every call over every transport in every language. Prints the results.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use super::row::{CALLS, CELL_MAX, Call, Flaw, Kind, Row, TRANSPORTS};
use crate::support::driver::{self, Driver};
use crate::support::resources::{Resources, settle};

/// How many rows a language runs at once: with a long deadline, and with a short one, which they wait for.
const AT_ONCE: [usize; 2] = [6, 16];

/// Starts a driver.
type Start = Arc<dyn Fn() -> Driver + Send + Sync>;

/// A cell: row, transport and call.
type Cell = (usize, usize, Call);

/// The result of a cell in one language.
struct Report {
    cell: Cell,
    language: &'static str,
    result: String,
    flaws: Vec<Flaw>,
}

/// Runs all rows, prints the table and fails if a cell has a flaw.
pub fn check_all(rows: Vec<Row>) {
    let start = Instant::now();
    let rows = Arc::new(rows);
    let languages = languages();
    let mut reports = Vec::new();
    for (short_deadline, at_once) in [false, true].into_iter().zip(AT_ONCE) {
        let selected =
            (0..rows.len()).filter(|&row| rows[row].has_short_deadline() == short_deadline);
        reports.extend(run(&rows, selected.collect(), &languages, at_once));
    }
    print_table(&rows, &reports);
    println!("{}, {:.0?}", totals(&rows, &reports), start.elapsed());
    let flaws = reports.iter().flat_map(|report| describe(&rows, report));
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

/// Runs these rows in every language, this many at once.
fn run(
    rows: &Arc<Vec<Row>>,
    selected: Vec<usize>,
    languages: &[Start],
    at_once: usize,
) -> Vec<Report> {
    let (sender, receiver) = channel();
    let mut workers = Vec::new();
    for start in languages {
        let queue = Arc::new(Mutex::new(selected.clone()));
        for _ in 0..at_once {
            let (start, rows) = (Arc::clone(start), Arc::clone(rows));
            let (queue, sender) = (Arc::clone(&queue), sender.clone());
            workers.push(thread::spawn(move || work(start(), &rows, &queue, &sender)));
        }
    }
    drop(sender);
    let reports = collect(&receiver);
    for worker in workers {
        worker.join().expect("the driver works");
    }
    reports
}

/// Runs rows of the queue until it is empty or a call leaks a resource, which later cells would report too.
fn work(mut driver: Driver, rows: &[Row], queue: &Mutex<Vec<usize>>, sender: &Sender<Report>) {
    assert_eq!(driver.run("reset"), "OK");
    let before = driver.resources();
    let next = || queue.lock().expect("no worker panics here").pop();
    while let Some(row) = next() {
        let is_clean = cells_of(row).all(|cell| {
            let report = run_cell(&rows[row], cell, &mut driver, before);
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
fn cells_of(row: usize) -> impl Iterator<Item = Cell> {
    let transports = 0..TRANSPORTS.len();
    transports.flat_map(move |transport| CALLS.map(|call| (row, transport, call)))
}

fn run_cell(row: &Row, cell: Cell, driver: &mut Driver, before: Option<Resources>) -> Report {
    let (result, mut flaws) = row.run(cell.2, cell.1, driver);
    let leak = settle(before, || driver.resources()).err();
    flaws.extend(leak.map(|leak| (Kind::Leak, leak)));
    Report {
        cell,
        language: driver.language,
        result,
        flaws,
    }
}

/// Collects the reports until all workers have returned.
fn collect(receiver: &Receiver<Report>) -> Vec<Report> {
    let mut reports = Vec::new();
    loop {
        match receiver.recv_timeout(CELL_MAX) {
            Ok(report) => reports.push(report),
            Err(RecvTimeoutError::Disconnected) => return reports,
            Err(RecvTimeoutError::Timeout) => {
                let done: Vec<Cell> = reports.iter().map(|report| report.cell).collect();
                panic!("a call hangs; these do not: {done:?}");
            }
        }
    }
}

// ---- output ----

fn print_table(rows: &[Row], reports: &[Report]) {
    let results: BTreeMap<Cell, &str> = reports
        .iter()
        .filter(|report| report.language == "rust")
        .map(|report| (report.cell, &*report.result))
        .collect();
    for (number, row) in rows.iter().enumerate() {
        let cell = |cell: Cell| results.get(&cell).copied().unwrap_or("not run");
        let of = |transport: usize| CALLS.map(|call| cell((number, transport, call))).to_vec();
        let name: String = row.name.escape_debug().take(70).collect();
        println!("{name:70} {}", by_transport([of(0), of(1)]));
    }
}

/// The results, once where both transports have the same.
fn by_transport(results: [Vec<&str>; 2]) -> String {
    if results[0] == results[1] {
        return by_call(&results[0]);
    }
    let one = |at: usize| format!("{}: {}", TRANSPORTS[at].name, by_call(&results[at]));
    format!("{}; {}", one(0), one(1))
}

/// The result of the calls, or each result with the calls that have it.
fn by_call(results: &[&str]) -> String {
    let mut calls: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (call, result) in CALLS.iter().zip(results) {
        calls.entry(result).or_default().push(format!("{call:?}"));
    }
    if let Some((result, _)) = calls.first_key_value().filter(|_| calls.len() == 1) {
        return (*result).to_owned();
    }
    let one = |(result, calls): (&&str, &Vec<String>)| format!("{} {result}", calls.join(" "));
    calls.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn totals(rows: &[Row], reports: &[Report]) -> String {
    let count = |kind| {
        let flaws = reports.iter().flat_map(|report| &report.flaws);
        format!("{} {kind:?}", flaws.filter(|flaw| flaw.0 == kind).count())
    };
    let flaws = Kind::ALL.map(count).join(", ");
    format!("{} faults, {} cells: {flaws}", rows.len(), reports.len())
}

/// The flaws of a cell, with its coordinates.
fn describe<'a>(rows: &'a [Row], report: &'a Report) -> impl Iterator<Item = String> + 'a {
    let (row, transport, call) = report.cell;
    let cell = format!(
        "{} / {:?} / {} / {}",
        rows[row].name, call, TRANSPORTS[transport].name, report.language
    );
    report
        .flaws
        .iter()
        .map(move |(kind, details)| format!("{cell}: {kind:?}: {details}"))
}
