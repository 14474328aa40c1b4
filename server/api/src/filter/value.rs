//! From a field, a sign and a value to a condition that is ready to be asked.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    condition::{AddressTest, Condition, DataTest, TextTest},
    fault::{Fault, shown},
    pattern::Pattern,
    sign::{Comparison, Sign},
};
use crate::{
    field::{Field, Kind},
    network::Network,
    span,
};

/// What stands before the sign.
#[derive(Debug)]
pub(super) enum Subject {
    Column(Field),
    /// `data.KEY`.
    Data {
        key: String,
        at: usize,
    },
}

/// A sign and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlacedSign {
    pub(super) sign: Sign,
    pub(super) at: usize,
}

/// A value, where it stands, and whether quotes made it plain text.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) at: usize,
    pub(super) quoted: bool,
}

impl Subject {
    /// What a value of it is, for a message that misses one.
    pub(super) fn wanted(&self) -> &'static str {
        match self {
            Self::Data { .. } => "a value",
            Self::Column(field) => match field.kind() {
                Kind::Text => "a text",
                Kind::Address => "an address or a network such as 10.0.0.0/8",
                Kind::Count => "a number",
                Kind::Bytes => "a number of bytes such as 500 or 4K",
                Kind::Moment => "a time such as 2026-11-23T12:00:00Z",
                Kind::Span => "a span of time such as 10m",
            },
        }
    }

    /// Whether the sign is one of those its values are compared by.
    pub(super) fn check(&self, PlacedSign { sign, at }: PlacedSign) -> Result<(), Fault> {
        let (name, kind) = match self {
            // A text or a number: every sign means something.
            Self::Data { .. } => return Ok(()),
            Self::Column(field) => (field.as_str(), field.kind()),
        };
        let equality = matches!(
            sign,
            Sign::Compare(Comparison::Equal | Comparison::NotEqual)
        );
        let (allowed, signs) = match kind {
            Kind::Text | Kind::Address => (equality || sign == Sign::Find, "=, != or ~"),
            _ => (sign != Sign::Find, "=, !=, <, <=, > or >="),
        };
        if allowed {
            Ok(())
        } else {
            let message = format!("{name} is compared by {signs}, not by {sign}");
            Err(Fault::new(at, message))
        }
    }

    /// The whole condition; the sign was checked.
    pub(super) fn condition(self, sign: Sign, value: &Value) -> Result<Condition, Fault> {
        let field = match self {
            Self::Data { key, at } => {
                let test = value.data_test(sign)?;
                return Ok(Condition::Data { key, test, at });
            }
            Self::Column(field) => field,
        };
        // A checked sign is `~` only where there is a pattern to find.
        let (comparison, kind) = match (sign, field.kind()) {
            (_, Kind::Text) => {
                let test = value.text_test(sign)?;
                return Ok(Condition::Text { field, test });
            }
            (Sign::Find, _) => {
                let test = AddressTest::Text(Pattern::regex(&value.text, value.at)?);
                return Ok(Condition::Address { field, test });
            }
            (Sign::Compare(comparison), kind) => (comparison, kind),
        };
        Ok(match kind {
            Kind::Text | Kind::Address => Condition::Address {
                field,
                test: AddressTest::Network {
                    network: value.network()?,
                    within: comparison == Comparison::Equal,
                },
            },
            Kind::Count => Condition::Count {
                field,
                comparison,
                limit: value.count()?,
            },
            Kind::Bytes => Condition::Count {
                field,
                comparison,
                limit: value.bytes()?,
            },
            Kind::Moment => Condition::Moment {
                field,
                comparison,
                limit: value.moment(field)?,
            },
            Kind::Span => Condition::Span {
                field,
                comparison,
                limit: value.span()?,
            },
        })
    }
}

impl Value {
    fn text_test(&self, sign: Sign) -> Result<TextTest, Fault> {
        let pattern = match sign {
            Sign::Find => Pattern::regex(&self.text, self.at)?,
            Sign::Compare(_) => Pattern::of(&self.text, self.quoted),
        };
        let fits = sign != Sign::Compare(Comparison::NotEqual);
        Ok(TextTest { pattern, fits })
    }

    fn data_test(&self, sign: Sign) -> Result<DataTest, Fault> {
        match sign {
            Sign::Find | Sign::Compare(Comparison::Equal | Comparison::NotEqual) => {
                self.text_test(sign).map(DataTest::Text)
            }
            Sign::Compare(comparison) => {
                let limit: Option<f64> = self.text.parse().ok();
                let limit = limit
                    .filter(|number| number.is_finite())
                    .ok_or_else(|| self.fault("is not a number, and < and > compare numbers"))?;
                Ok(DataTest::Number { comparison, limit })
            }
        }
    }

    fn network(&self) -> Result<Network, Fault> {
        Network::parse(&self.text).ok_or_else(|| {
            self.fault("is not an address or a network: write 10.1.2.3, 10.0.0.0/8 or fd00::/8")
        })
    }

    fn count(&self) -> Result<i64, Fault> {
        number(&self.text).ok_or_else(|| self.fault("is not a whole number such as 3"))
    }

    fn bytes(&self) -> Result<i64, Fault> {
        let (digits, unit) = match self.text.chars().next_back() {
            Some('k' | 'K') => (&self.text[..self.text.len() - 1], 1 << 10),
            Some('m' | 'M') => (&self.text[..self.text.len() - 1], 1 << 20),
            _ => (self.text.as_str(), 1),
        };
        number(digits)
            .and_then(|number| number.checked_mul(unit))
            .ok_or_else(|| self.fault("is not a number of bytes: write 500, 4K or 1M"))
    }

    fn span(&self) -> Result<i64, Fault> {
        let span = span::parse(&self.text).map_err(|message| Fault::new(self.at, message))?;
        Ok(i64::try_from(span.as_millis()).expect("a span is a hundred years at most"))
    }

    fn moment(&self, field: Field) -> Result<i64, Fault> {
        let parsed = OffsetDateTime::parse(&self.text, &Rfc3339)
            // A date alone.
            .or_else(|_| OffsetDateTime::parse(&format!("{}T00:00:00Z", self.text), &Rfc3339));
        parsed.map(span::millis).map_err(|_| {
            let ago = match field {
                Field::Created => "; for how long ago, compare age",
                Field::Seen => "; for how long ago, compare idle",
                _ => "",
            };
            self.fault(&format!(
                "is not a time: write 2026-11-23, 2026-11-23T12:04:45Z or 2026-11-23T12:04:45+01:00{ago}"
            ))
        })
    }

    fn fault(&self, complaint: &str) -> Fault {
        Fault::new(self.at, format!("{} {complaint}", shown(&self.text)))
    }
}

fn number(digits: &str) -> Option<i64> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}
