//! A list as a table: an object a line.

mod cell;
mod columns;

use serde_json::Value;

use crate::error::Failure;
use crate::output;
use crate::output::Ui;

/// What is wished of a table.
pub(in crate::commands) struct TableWish {
    /// The columns, if not those that fit.
    pub(super) columns: Option<Vec<String>>,
    /// How wide it may be, if that is known.
    pub(super) width: Option<usize>,
    /// Whether it was asked for. Otherwise it is only the custom.
    pub(super) is_asked: bool,
}

impl TableWish {
    /// A table with these columns. There may be blanks and holes between their names.
    pub(in crate::commands) fn with_columns(names: &[String], width: Option<usize>) -> Result<Self, Failure> {
        let names = names.iter().map(|name| name.trim().to_owned());
        let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Err(
                Failure::usage("--columns names no column").with_hint("Such as: --columns id,createdAt")
            );
        }
        Ok(Self { columns: Some(names), width, is_asked: true })
    }
}

/// Prints objects as a table.
pub(in crate::commands) fn print(ui: &Ui, objects: &[Value], wish: &TableWish) -> Result<(), Failure> {
    if objects.is_empty() {
        ui.note("the list is empty");
        return Ok(());
    }
    let names = match &wish.columns {
        Some(names) => {
            tell_of_unknown(ui, objects, names);
            names.clone()
        }
        None => columns::choose(objects, wish.width.unwrap_or(columns::USUAL_WIDTH)),
    };
    let rows = objects.iter().map(|object| {
        names.iter().map(|name| cell::shown(name, object.get(name).unwrap_or(&Value::Null))).collect()
    });
    ui.print(&output::table(&names, &rows.collect::<Vec<_>>(), wish.width))
}

/// What is null is not sent, so a column that nothing stands in may be right.
fn tell_of_unknown(ui: &Ui, objects: &[Value], names: &[String]) {
    let known = columns::names(objects);
    for name in names {
        if !known.contains(&name.as_str()) {
            ui.note(&format!("no object has {name}; they have {}", known.join(", ")));
        }
    }
}
