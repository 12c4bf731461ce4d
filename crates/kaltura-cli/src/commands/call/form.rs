//! How an answer is printed: the options, and what follows from them.

use clap::Args;
use kaltura_client::List;
use serde_json::Value;

use super::action_name::ActionName;
use super::pages::no_list;
use super::session_in_use::Line;
use super::table::{self, TableWish};
use crate::error::Failure;
use crate::output;
use crate::output::{Selection, Ui};
use crate::signals::Signals;

/// How the answer is printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct FormOptions {
    /// Print each object of a list as one line of JSON
    #[arg(long, conflicts_with = "json")]
    jsonl: bool,

    /// Print a list as a table, which is the custom on a terminal
    #[arg(long, conflicts_with_all = ["json", "jsonl", "jq"])]
    table: bool,

    /// Print a list as a table with these columns, such as id,name,createdAt
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with_all = ["json", "jsonl", "jq"])]
    columns: Option<Vec<String>>,
}

/// How the answer is printed.
pub(super) enum Form {
    /// For people: as indented JSON, a bare text as it is.
    Text,
    /// As one line of JSON.
    Json,
    /// Each object of a list as one line of JSON, or what a filter makes of each.
    Lines(Option<Selection>),
    /// What a filter makes of the answer.
    Selection(Selection),
    /// A list as a table.
    Table(TableWish),
}

impl FormOptions {
    /// What the options ask for, those for all commands among them.
    pub(super) fn form(&self, ui: &Ui) -> Result<Form, Failure> {
        let (selection, json, terminal) = (ui.filter().cloned(), ui.has_json_flag(), ui.stdout_is_terminal());
        Ok(match selection {
            selection if self.jsonl => Form::Lines(selection),
            Some(selection) => Form::Selection(selection),
            None if json => Form::Json,
            None if self.table || self.columns.is_some() || terminal => {
                let width = ui.width();
                Form::Table(match &self.columns {
                    Some(names) => TableWish::with_columns(names, width)?,
                    None => TableWish { columns: None, width, is_asked: self.table },
                })
            }
            None => Form::Text,
        })
    }
}

impl Form {
    /// Prints an answer.
    pub(super) async fn print(
        &self,
        ui: &Ui,
        answer: Value,
        action: &ActionName,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        match self {
            Self::Text => ui.print_foreign(&as_text(&answer)),
            Self::Json => ui.print_foreign(&output::json_line(&answer)),
            Self::Lines(_) => {
                let list = List::from_response(answer).map_err(|_| no_list(action, "--jsonl"))?;
                self.print_lines(ui, list.objects, signals).await
            }
            Self::Selection(selection) => selection.print(ui, vec![answer], signals).await,
            Self::Table(wish) => match List::from_response(answer) {
                Ok(list) => {
                    table::print(ui, &list.objects, wish)?;
                    let shown = list.objects.len() as u64;
                    if let Some(total) = list.total_count.filter(|total| *total > shown) {
                        ui.note(&format!("showing {shown} of {total} (use --all)"));
                    }
                    Ok(())
                }
                Err(_) if wish.is_asked => Err(no_list(action, "a table")),
                Err(answer) => ui.print_foreign(&as_text(&answer)),
            },
        }
    }

    /// Prints the objects of a page, if they can be printed by and by; gives them back if not.
    pub(super) async fn print_page(
        &self,
        ui: &Ui,
        objects: Vec<Value>,
        line: &mut Line<'_>,
    ) -> Result<Vec<Value>, Failure> {
        if !matches!(self, Self::Lines(_)) {
            return Ok(objects);
        }
        self.print_lines(ui, objects, line.signals).await?;
        Ok(Vec::new())
    }

    async fn print_lines(&self, ui: &Ui, objects: Vec<Value>, signals: &mut Signals) -> Result<(), Failure> {
        match self {
            Self::Lines(Some(selection)) => selection.print(ui, objects, signals).await,
            _ => {
                let lines: String = objects.iter().map(output::json_line).collect();
                ui.print_foreign(&lines)
            }
        }
    }

    /// Whether a page is printed as soon as it is there, so that nothing is left for the end.
    pub(super) const fn is_by_and_by(&self) -> bool {
        matches!(self, Self::Lines(_))
    }
}

/// An answer for people.
fn as_text(answer: &Value) -> String {
    match answer {
        Value::String(text) => format!("{text}\n"),
        answer => format!("{answer:#}\n"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        form: FormOptions,
        #[arg(long)]
        json: bool,
        #[arg(long)]
        jq: Option<String>,
    }

    fn form(arguments: &[&str], terminal: bool) -> &'static str {
        let line = Line::try_parse_from([&["x"], arguments].concat()).unwrap();
        let mut ui = if terminal { Ui::at_terminal(80) } else { Ui::silent() };
        ui.set_format(line.json, crate::output::Verbosity::Normal);
        if let Some(filter) = line.jq {
            ui.set_filter(Selection::new(&filter, line.json).unwrap());
        }
        match line.form.form(&ui).unwrap() {
            Form::Text => "text",
            Form::Json => "json",
            Form::Lines(None) => "lines",
            Form::Lines(Some(_)) => "selected lines",
            Form::Selection(_) => "selection",
            Form::Table(wish) if wish.is_asked => "table",
            Form::Table(_) => "table if it is a list",
        }
    }

    #[test]
    fn on_a_terminal_a_list_is_a_table_unless_another_form_is_asked_for() {
        for (arguments, terminal, pipe) in [
            (&[][..], "table if it is a list", "text"),
            (&["--table"], "table", "table"),
            (&["--columns=id"], "table", "table"),
            (&["--json"], "json", "json"),
            (&["--jsonl"], "lines", "lines"),
            (&["--jq=."], "selection", "selection"),
            (&["--jq=.", "--json"], "selection", "selection"),
            (&["--jq=.", "--jsonl"], "selected lines", "selected lines"),
        ] {
            assert_eq!((form(arguments, true), form(arguments, false)), (terminal, pipe), "{arguments:?}");
        }
    }
}
