//! `/rules` and `/alerts`: the rules in force and what came of them, as Prometheus' own API answers, under its paths too.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::Value;

use super::App;

/// What of the rules is asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Form {
    format: Option<String>,
}

/// The rules with their alerts; with `?format=file` the rule file that the page's `config.json` takes.
pub(super) async fn rules(
    State(app): State<Arc<App>>,
    query: Result<Query<Form>, QueryRejection>,
) -> Response {
    let format = match query {
        Ok(Query(form)) => form.format,
        Err(rejection) => return super::error(StatusCode::BAD_REQUEST, "bad_query", &rejection.body_text()),
    };
    match format.as_deref() {
        None => Json(app.alerting.rules()).into_response(),
        Some("file") => ([(CONTENT_TYPE, "application/json")], app.alerting.file()).into_response(),
        Some(other) => {
            let message = format!("format={other} is not known: it is `file`, or left out");
            super::error(StatusCode::BAD_REQUEST, "bad_query", &message)
        }
    }
}

/// What is pending, firing and lately resolved.
pub(super) async fn alerts(State(app): State<Arc<App>>) -> Json<Value> {
    Json(app.alerting.alerts())
}
