//! What a person sees: lines of words in a few tones, aligned and broken to the width of the terminal.
//!
//! Every text comes through [`Words`], which lets nothing through that a terminal would obey: requests are other
//! people's, and so are names and messages of AWS. The tones only repeat what the words say.

use std::fmt::Display;
use std::io::{self, Write};

use associate_virtual_interface::fields::is_deceptive;
use clap::builder::styling::{AnsiColor, Style};

/// Where the width is not known, and what a line is kept to on a wide terminal, because longer ones are hard to read.
const WIDTH: usize = 80;
const WIDEST: usize = 120;
const NARROWEST: usize = 40;

/// How words look.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Dim,
    Strong,
    Good,
    Caution,
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Dim => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Caution => AnsiColor::Yellow.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// Words in one tone.
#[derive(Clone)]
pub(crate) struct Words {
    tone: Tone,
    text: String,
}

impl Words {
    /// These words, without what a terminal would obey.
    pub(crate) fn new(tone: Tone, text: impl Display) -> Self {
        Self { tone, text: printable(&text.to_string()) }
    }

    pub(crate) fn len(&self) -> usize {
        self.text.chars().count()
    }

    pub(crate) fn padded(mut self, width: usize) -> Self {
        self.text = format!("{:<width$}", self.text);
        self
    }
}

pub(crate) fn plain(text: impl Display) -> Words {
    Words::new(Tone::Plain, text)
}

pub(crate) fn dim(text: impl Display) -> Words {
    Words::new(Tone::Dim, text)
}

pub(crate) fn strong(text: impl Display) -> Words {
    Words::new(Tone::Strong, text)
}

/// The text with a mark in place of every character that a terminal would obey or that deceives the eye.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if is_deceptive(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// Where it is written.
pub(crate) struct Page<'a> {
    out: &'a mut dyn Write,
    width: usize,
}

/// How far a heading's own lines stand in.
const INDENT: usize = 2;

impl<'a> Page<'a> {
    /// A page as wide as the terminal that standard output is.
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        let terminal = terminal_size::terminal_size_of(io::stdout());
        let width = terminal.map_or(WIDTH, |(width, _)| usize::from(width.0).clamp(NARROWEST, WIDEST));
        Self { out, width }
    }

    /// Begins a section.
    pub(crate) fn heading(&mut self, name: &str, rest: &[Words]) -> io::Result<()> {
        writeln!(self.out)?;
        self.row(0, &[strong(name), plain("  ")], rest)
    }

    /// A line of a section: a label in a column of this width, and what belongs to it, broken beside the label.
    pub(crate) fn entry(&mut self, label: Words, width: usize, rest: &[Words]) -> io::Result<()> {
        self.row(INDENT, &[label.padded(width), plain("  ")], rest)
    }

    /// A line of a section without label.
    pub(crate) fn line(&mut self, words: &[Words]) -> io::Result<()> {
        self.row(INDENT, &[], words)
    }

    /// A line as it is, however long.
    pub(crate) fn verbatim(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:INDENT$}{}", "", printable(text))
    }

    /// A line that begins with a head of fixed width and goes on beside it.
    pub(crate) fn row(&mut self, indent: usize, head: &[Words], rest: &[Words]) -> io::Result<()> {
        let margin = indent + head.iter().map(Words::len).sum::<usize>();
        let mut lines = broken(rest, self.width.saturating_sub(margin)).into_iter();
        write!(self.out, "{:indent$}", "")?;
        let first = lines.next().unwrap_or_default();
        self.write(&[letters(head), first].concat())?;
        for line in lines {
            write!(self.out, "{:margin$}", "")?;
            self.write(&line)?;
        }
        Ok(())
    }

    fn write(&mut self, letters: &[Letter]) -> io::Result<()> {
        let end = letters.iter().rposition(|(_, c)| *c != ' ').map_or(0, |last| last + 1);
        for run in letters[..end].chunk_by(|(one, _), (other, _)| one == other) {
            let style = run[0].0.style();
            let text: String = run.iter().map(|(_, c)| c).collect();
            write!(self.out, "{style}{text}{style:#}")?;
        }
        writeln!(self.out)
    }
}

type Letter = (Tone, char);

fn letters(words: &[Words]) -> Vec<Letter> {
    words.iter().flat_map(|words| words.text.chars().map(|c| (words.tone, c))).collect()
}

/// The words in lines of at most this width, broken at spaces. A word that is longer keeps a line to itself, whole: it
/// is an id or an ARN that someone will copy.
fn broken(words: &[Words], width: usize) -> Vec<Vec<Letter>> {
    let letters = letters(words);
    let mut lines: Vec<Vec<Letter>> = Vec::new();
    for word in letters.split(|(_, c)| *c == ' ') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push((line.last().or(word.first()).map_or(Tone::Plain, |(tone, _)| *tone), ' '));
                line.extend(word);
            }
            _ => lines.push(word.to_vec()),
        }
    }
    lines
}
