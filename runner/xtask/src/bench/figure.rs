//! What was measured, and the table it is shown in.

use std::fmt;
use std::time::Duration;

/// A measured quantity, or the limit of one.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) enum Figure {
    Time(Duration),
    Bytes(u64),
}

impl Figure {
    fn value(self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "nobody reads sixteen digits of a table"
        )]
        match self {
            Self::Time(time) => time.as_secs_f64(),
            Self::Bytes(number) => number as f64,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value();
        match self {
            Self::Time(time) if *time < Duration::from_micros(100) => {
                write!(formatter, "{:.2} µs", value * 1e6)
            }
            Self::Time(time) if *time < Duration::from_secs(1) => {
                write!(formatter, "{:.1} ms", value * 1e3)
            }
            Self::Time(_) => write!(formatter, "{value:.2} s"),
            Self::Bytes(_) => write!(formatter, "{:.2} MB", value / 1e6),
        }
    }
}

/// What a row must show to be good.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// Ours is at most this.
    AtMost(Figure),
    /// The peer's is at least so many times ours.
    TimesFaster(f64),
    /// Ours is at most so many times the peer's.
    TimesPeer(f64),
    /// Nothing: the row is for the reader.
    None,
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(figure) => write!(formatter, "≤ {figure}"),
            Self::TimesFaster(factor) => write!(formatter, "≥ {factor} × faster"),
            Self::TimesPeer(factor) => write!(formatter, "≤ {factor} × peer"),
            Self::None => formatter.write_str("–"),
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    name: String,
    ours: Figure,
    peer: Option<(String, Figure)>,
    limit: Limit,
}

impl Row {
    pub(super) fn new(name: impl Into<String>, ours: Figure, limit: Limit) -> Self {
        Self {
            name: name.into(),
            ours,
            peer: None,
            limit,
        }
    }

    /// Names what others need for the same.
    pub(super) fn against(mut self, peer: &str, figure: Figure) -> Self {
        self.peer = Some((peer.to_owned(), figure));
        self
    }

    /// Whether the limit is kept; `None` when there is none.
    pub(super) fn is_good(&self) -> Option<bool> {
        let ratio = self.ratio();
        match self.limit {
            Limit::AtMost(limit) => Some(self.ours <= limit),
            Limit::TimesFaster(factor) => Some(ratio.is_some_and(|ratio| ratio >= factor)),
            Limit::TimesPeer(factor) => Some(ratio.is_some_and(|ratio| ratio * factor >= 1.0)),
            Limit::None => None,
        }
    }

    /// Returns how many times ours the peer's is.
    fn ratio(&self) -> Option<f64> {
        let (_, peer) = self.peer.as_ref()?;
        Some(peer.value() / self.ours.value())
    }

    fn cells(&self) -> [String; 6] {
        let verdict = match self.is_good() {
            Some(true) => "ok",
            Some(false) => "MISSED",
            None => "–",
        };
        let peer = self
            .peer
            .as_ref()
            .map(|(name, figure)| format!("{figure} {name}"));
        let ratio = self.ratio().map(|ratio| format!("{ratio:.2}"));
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        [
            self.name.clone(),
            self.ours.to_string(),
            or_dash(peer),
            or_dash(ratio),
            self.limit.to_string(),
            verdict.to_owned(),
        ]
    }
}

/// Lays rows out as a Markdown table.
pub(super) fn table(rows: &[Row]) -> String {
    let head = ["what", "Nucleon", "peer", "peer ÷ ours", "limit", ""].map(str::to_owned);
    let lines: Vec<_> = std::iter::once(head)
        .chain(rows.iter().map(Row::cells))
        .collect();
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<_> = (0..6).map(width).collect();
    let show = |line: &[String; 6]| {
        let cells = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!(" {cell:<width$} "));
        format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
    };
    let rule = format!(
        "|{}|\n",
        widths
            .iter()
            .map(|width| "-".repeat(width + 2))
            .collect::<Vec<_>>()
            .join("|")
    );
    let mut text = show(&lines[0]) + &rule;
    text.extend(lines[1..].iter().map(show));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(number: u64) -> Figure {
        Figure::Time(Duration::from_millis(number))
    }

    #[test]
    fn a_row_is_judged_by_its_limit() {
        let row =
            |limit| Row::new("render", milliseconds(5), limit).against("node", milliseconds(50));
        assert_eq!(row(Limit::AtMost(milliseconds(4))).is_good(), Some(false));
        assert_eq!(row(Limit::TimesFaster(10.0)).is_good(), Some(true));
        assert_eq!(row(Limit::TimesFaster(10.1)).is_good(), Some(false));
        assert_eq!(row(Limit::TimesPeer(0.1)).is_good(), Some(true));
        assert_eq!(row(Limit::TimesPeer(0.09)).is_good(), Some(false));
        assert_eq!(row(Limit::None).is_good(), None);
    }

    #[test]
    fn a_table_is_aligned() {
        let rows = [
            Row::new("render", milliseconds(5), Limit::TimesFaster(10.0))
                .against("node", milliseconds(50)),
        ];
        insta::assert_snapshot!(table(&rows), @r"
        | what   | Nucleon | peer         | peer ÷ ours | limit         |    |
        |--------|---------|--------------|-------------|---------------|----|
        | render | 5.0 ms  | 50.0 ms node | 10.00       | ≥ 10 × faster | ok |
        ");
    }
}
