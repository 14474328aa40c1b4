//! Every list, and every single thing with columns, in every format: a command fills it once.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use sessctl_api::{nearest, text::clean};
use time::OffsetDateTime;

use super::{
    column::Column,
    csv,
    document::{json, json_text},
    line::line,
    picked::{InOrder, Picked},
    table,
};
use crate::{
    context::{Context, now},
    exit::{Code, Failure, failed},
    global::Asked,
    style,
    talk::say,
};

/// How items are to be printed, known before anything is asked or done.
pub(crate) struct Listing<T: 'static> {
    format: Asked,
    all: &'static [Column<T>],
    /// Those that were asked for, in that order.
    picked: Option<Vec<&'static Column<T>>>,
    has_head: bool,
    in_color: bool,
    now: OffsetDateTime,
}

impl<T: Serialize> Listing<T> {
    /// What was asked for, of these columns.
    pub(crate) fn of(context: &Context, all: &'static [Column<T>]) -> Result<Self, Failure> {
        let format = context.asked();
        let names = &context.global.fields;
        if !names.is_empty() && format == Asked::Name && context.is_typed("fields") {
            let what = "--fields picks columns, and names alone have none";
            return Err(Failure::new(Code::USAGE, what)
                .hint("for one column without its title: --fields user --no-headers -o csv"));
        }
        let picked = names.iter().map(|name| pick(context, all, name.trim()));
        let picked = picked.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            format,
            all,
            picked: (!picked.is_empty()).then_some(picked),
            has_head: !context.global.no_headers,
            in_color: style::on_stdout(context.global.color),
            now: now(),
        })
    }

    /// Whether people read it, who are told more beside.
    pub(crate) fn is_for_people(&self) -> bool {
        matches!(self.format, Asked::Table | Asked::Wide)
    }

    /// The same, if they see it in its usual shape.
    pub(crate) fn is_usual(&self) -> bool {
        self.is_for_people() && self.picked.is_none()
    }

    /// Prints a list. `whole` is its one JSON document, in which the items stand under `key`; `nothing` is what people
    /// are told where there are none.
    pub(crate) fn print(
        &self,
        items: &[T],
        whole: &impl Serialize,
        key: &str,
        nothing: &str,
    ) -> Result<(), Failure> {
        match (self.format, &self.picked) {
            (Asked::Json, None) => json(whole),
            (Asked::Json, Some(_)) => json(&self.picked_in(items, whole, key)?),
            (Asked::Table | Asked::Wide, _) if items.is_empty() => {
                if !nothing.is_empty() {
                    say!("{nothing}");
                }
                Ok(())
            }
            (Asked::Table | Asked::Wide, _) => {
                let head = self.has_head.then(|| self.titles());
                let rows: Vec<_> = items.iter().map(|item| self.cells(item)).collect();
                write_lines(
                    table::lay_out(head, &rows, self.in_color)
                        .into_iter()
                        .map(Ok),
                )
            }
            (Asked::Csv, _) => {
                let head = self.has_head.then(|| Ok(self.csv_head()));
                let rows = items.iter().map(|item| self.csv_row(item));
                write_lines(head.into_iter().chain(rows))
            }
            (Asked::Jsonl | Asked::Name, _) => {
                write_lines(items.iter().filter_map(|item| self.line(item).transpose()))
            }
        }
    }

    /// Prints what is known of one thing, for people line by line. `whole` is its JSON document.
    pub(crate) fn print_one(&self, item: &T, whole: &impl Serialize) -> Result<(), Failure> {
        let document = || match self.picked {
            None => json_text(whole),
            Some(_) => json_text(&self.chosen(item)?),
        };
        match (self.format, &self.picked) {
            (Asked::Json, None) => json(whole),
            (Asked::Json, Some(_)) => json(&self.chosen(item)?),
            (Asked::Jsonl, _) => line(&document()?),
            (Asked::Table | Asked::Wide, _) => {
                let titles = self.has_head.then(|| self.titles());
                let lines = table::below(titles, &self.cells(item), self.in_color);
                write_lines(lines.into_iter().map(Ok))
            }
            (Asked::Csv, _) => self.print(std::slice::from_ref(item), whole, "", ""),
            (Asked::Name, _) => match self.line(item)? {
                Some(name) => line(&name),
                None => Ok(()),
            },
        }
    }

    /// The titles of a stream, where a format has some at its head.
    pub(crate) fn begin_stream(&self) -> Result<(), Failure> {
        if self.format == Asked::Csv && self.has_head {
            line(&self.csv_head())?;
        }
        Ok(())
    }

    /// One item of a stream as a line of its own: of columns that nobody can know the widths of.
    pub(crate) fn stream(&self, item: &T) -> Result<(), Failure> {
        match self.format {
            Asked::Table | Asked::Wide => {
                let cells = self.cells(item);
                let cells = cells.iter().filter(|cell| !cell.text.is_empty());
                let cells: Vec<_> = cells.map(|cell| cell.painted(self.in_color)).collect();
                line(cells.join("  ").trim_end())
            }
            Asked::Csv => line(&self.csv_row(item)?),
            Asked::Json | Asked::Jsonl | Asked::Name => match self.line(item)? {
                Some(text) => line(&text),
                None => Ok(()),
            },
        }
    }

    /// Whether programs read JSON.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.format, Asked::Json | Asked::Jsonl)
    }

    /// An item as a line of JSON, or its name; nothing for one without a name.
    fn line(&self, item: &T) -> Result<Option<String>, Failure> {
        if self.format == Asked::Name {
            let naming = self.all.iter().find(|column| column.is_name);
            let naming = naming.expect("every list says what its names are");
            let value = value(naming, &json_of(item)?, item, self.now);
            return Ok((!value.is_null()).then(|| csv::plain(&value)));
        }
        match self.picked {
            None => json_text(item).map(Some),
            Some(_) => json_text(&self.chosen(item)?).map(Some),
        }
    }

    fn columns(&self) -> Vec<&'static Column<T>> {
        match &self.picked {
            Some(picked) => picked.clone(),
            None => {
                let is_shown = |column: &&Column<T>| match self.format {
                    Asked::Csv => column.in_csv,
                    Asked::Table => column.in_table,
                    _ => column.in_wide,
                };
                self.all.iter().filter(is_shown).collect()
            }
        }
    }

    fn titles(&self) -> Vec<&'static str> {
        self.columns().iter().map(|column| column.title).collect()
    }

    fn cells(&self, item: &T) -> Vec<table::Cell> {
        let columns = self.columns();
        let cells = columns.iter().map(|column| table::Cell {
            text: (column.text)(item, self.now),
            style: column.style.and_then(|style| style(item)),
        });
        cells.collect()
    }

    fn csv_head(&self) -> String {
        csv::row(self.columns().iter().map(|column| column.name.to_owned()))
    }

    fn csv_row(&self, item: &T) -> Result<String, Failure> {
        let json = json_of(item)?;
        let columns = self.columns().into_iter();
        let cells = columns.map(|column| csv::plain(&value(column, &json, item, self.now)));
        Ok(csv::row(cells))
    }

    /// An item with the keys that were asked for.
    fn chosen(&self, item: &T) -> Result<InOrder<'static>, Failure> {
        let json = json_of(item)?;
        let columns = self.columns().into_iter();
        let pairs = columns.map(|column| (column.name, value(column, &json, item, self.now)));
        Ok(InOrder(pairs.collect()))
    }

    /// The whole document, its items with the keys that were asked for.
    fn picked_in(&self, items: &[T], whole: &impl Serialize, key: &str) -> Result<Picked, Failure> {
        let mut document = serde_json::to_value(whole).map_err(failed)?;
        let is_list = document.get(key).is_some_and(Value::is_array);
        let Some(document) = document.as_object_mut().filter(|_| is_list) else {
            let what = "--fields does not go with -o json here, which has no list";
            return Err(Failure::new(Code::USAGE, what).hint("take -o jsonl: an object a line"));
        };
        document.remove(key);
        let items = items.iter().map(|item| self.chosen(item));
        Ok(Picked {
            rest: std::mem::take(document),
            items: items.collect::<Result<_, _>>()?,
            key: key.to_owned(),
        })
    }
}

/// Refuses what was typed of columns where there are none. A variable says it for all commands, so that those
/// without columns do not mind it.
pub(crate) fn refuse_columns(context: &Context) -> Result<(), Failure> {
    let what = if context.asked() == Asked::Csv && context.is_typed("output") {
        "-o csv"
    } else if !context.global.fields.is_empty() && context.is_typed("fields") {
        "--fields"
    } else {
        return Ok(());
    };
    let what = format!("{what} is for lists, and this prints none; nothing was done");
    let hint = "formats of this command: -o table, json, jsonl, name";
    Err(Failure::new(Code::USAGE, what).hint(hint))
}

fn json_of(item: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(item).map_err(failed)
}

fn value<T>(column: &Column<T>, json: &Value, item: &T, now: OffsetDateTime) -> Value {
    match column.made {
        Some(made) => made(item, now),
        // What an item does not say it leaves out.
        None => json.get(column.name).cloned().unwrap_or_default(),
    }
}

/// The column of a name.
fn pick<T>(
    context: &Context,
    all: &'static [Column<T>],
    name: &str,
) -> Result<&'static Column<T>, Failure> {
    if let Some(column) = all.iter().find(|column| column.name == name) {
        return Ok(column);
    }
    let known: Vec<_> = all.iter().map(|column| column.name).collect();
    let from = match context.is_typed("fields") {
        true => "--fields",
        false => "SESSCTL_FIELDS",
    };
    let near = match nearest(name, known.iter().copied()) {
        Some(near) => format!("; did you mean {near}?"),
        None => String::new(),
    };
    let what = format!("{from}: there is no field {:?} here{near}", clean(name));
    Err(Failure::new(Code::USAGE, what).hint(format!("those that are: {}", known.join(","))))
}

/// Writes lines at once and not one by one: there may be a million.
fn write_lines(lines: impl Iterator<Item = Result<String, Failure>>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in lines {
        writeln!(out, "{}", line?)?;
    }
    Ok(out.flush()?)
}
