//! Logins with one or two factors.

use bosauth::{CallOptions, Client, Error, Session, Status};

use crate::arguments::{Login, Method};
use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::terminal::{self, Echo};

/// How often a code may be typed.
const CODE_ATTEMPTS: usize = 3;

/// Logs in. If the server requires a second factor, it is that of the options or the user's choice.
pub fn log_in(
    context: &mut Context,
    client: &Client,
    arguments: &Login,
) -> Result<Session, Failure> {
    let methods = [Some(arguments.with), arguments.second];
    if methods.contains(&Some(Method::Otp)) {
        // Before a code is sent that nobody can type.
        terminal::check()?;
    }
    let first = attempt(
        context,
        client,
        arguments,
        arguments.with,
        context.options(),
    );
    let Some(mfa_id) = required_factor(&first) else {
        return first;
    };
    let method = match arguments.second {
        Some(method) => method,
        None if terminal::check().is_ok() => ask_method(arguments.with)?,
        None => return first,
    };
    let options = context.options().mfa_id(&mfa_id);
    attempt(context, client, arguments, method, options)
}

/// The id with which a second factor continues the login, if one is required.
fn required_factor(result: &Result<Session, Failure>) -> Option<String> {
    match result {
        Err(Failure::Call(error)) if error.status() == Status::MfaRequired => {
            Some(error.mfa_id().to_owned())
        }
        _ => None,
    }
}

/// Asks for the second factor: not the one that was the first.
fn ask_method(first: Method) -> Result<Method, Failure> {
    let methods = [
        ("password", Method::Password),
        ("otp", Method::Otp),
        ("token", Method::Token),
    ];
    let choices = || methods.iter().filter(|(_, method)| *method != first);
    let names: Vec<&str> = choices().map(|(name, _)| *name).collect();
    let question = format!("second factor ({}): ", names.join(" or "));
    loop {
        let answer = terminal::ask(&question, Echo::On)?;
        if let Some((_, method)) = choices().find(|(name, _)| *name == answer.trim()) {
            return Ok(*method);
        }
    }
}

fn attempt(
    context: &mut Context,
    client: &Client,
    arguments: &Login,
    method: Method,
    options: CallOptions,
) -> Result<Session, Failure> {
    let collection = context.profile.collection.clone();
    let users = client.collection(&collection);
    Ok(match method {
        Method::Token => users
            .with(&options)
            .auth_with_token(&arguments.secrets.token()?)?,
        Method::Password => {
            let email = context.ask_email(&arguments.account)?;
            let password = arguments.secrets.password()?;
            users.with(&options).auth_with_password(&email, &password)?
        }
        Method::Otp => {
            let email = context.ask_email(&arguments.account)?;
            let requested = context.options();
            let otp_id = client
                .collection(&collection)
                .with(&requested)
                .request_otp(&email)?;
            output::note(&format!(
                "a code has been sent to {email} if the account exists"
            ));
            let users = users.with(&options);
            with_code(|code| users.auth_with_otp(&otp_id, code))?
        }
    })
}

/// Asks for the code until it is right.
fn with_code(mut login: impl FnMut(&str) -> Result<Session, Error>) -> Result<Session, Failure> {
    for _ in 1..CODE_ATTEMPTS {
        match login(&terminal::ask("code: ", Echo::Off)?) {
            Err(error) if error.status() == Status::OtpInvalid => {
                output::note("the code is wrong or has expired")
            }
            result => return Ok(result?),
        }
    }
    Ok(login(&terminal::ask("code: ", Echo::Off)?)?)
}
