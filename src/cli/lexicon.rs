//! `lexicon`: builds lexicons from word lists, and looks into them.

use std::convert::Infallible;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use clap::{Args, Subcommand};
use scrabble_backend::lexicon::{
    InvalidLexicon, Lexicon, NotAWord, Refusal, RefusedLine, WordList,
};
use scrabble_backend::library::default_english;

use super::progress::Progress;
use super::{Failure, complain, file, print_lines, rules};

/// The most bytes of a word list that is read. The Polish one has 45 million.
const WORD_LIST_BYTES_MAX: usize = 1 << 28;

#[derive(Debug, Subcommand)]
pub(crate) enum LexiconCommand {
    /// Build a lexicon of a word list.
    Build(BuildArgs),
    /// Print what a lexicon is: name, letters, words, content hash.
    Info {
        /// The lexicon's file, or `default`, the English one that comes with the program.
        #[arg(default_value = LexiconChoice::DEFAULT)]
        lexicon: LexiconChoice,
    },
    /// Print of each word whether it is valid; fails unless all are.
    Check {
        #[command(flatten)]
        lexicon: LexiconArg,
        /// The words; without any, those that standard input has, one a line.
        #[arg(value_name = "WORD")]
        words: Vec<String>,
    },
    /// Print all words, one a line, in the order of the alphabet.
    Words {
        /// The lexicon's file, or `default`, the English one that comes with the program.
        #[arg(long, value_name = "FILE", default_value = LexiconChoice::DEFAULT)]
        from: LexiconChoice,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// The word list: UTF-8, one word a line; empty lines, lines that begin with # and whatever
    /// follows a tab are skipped.
    #[arg(long, value_name = "FILE")]
    words: PathBuf,
    /// The rule set whose letters the words are made of: one of `rules`, such as english, or a file.
    #[arg(long, value_name = "NAME")]
    rules: String,
    /// The file to write.
    #[arg(short, long, visible_alias = "out", value_name = "FILE")]
    output: PathBuf,
    /// What the lexicon is called; without this, as its file is, without the extension.
    #[arg(long)]
    name: Option<String>,
    /// Fail if a line of the list is refused, instead of leaving it out.
    #[arg(long)]
    strict: bool,
    /// Write every refused line to a file, with its number and what is wrong with it; the terminal has
    /// the first of each kind.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
}

/// Which lexicon a command works with.
#[derive(Debug, Args)]
pub(crate) struct LexiconArg {
    /// The lexicon's file, or `default`, the English one that comes with the program.
    #[arg(long, value_name = "FILE", default_value = LexiconChoice::DEFAULT)]
    pub(crate) lexicon: LexiconChoice,
}

/// A lexicon as the command line names it.
#[derive(Debug, Clone)]
pub(crate) enum LexiconChoice {
    /// The English one that comes with the program.
    Default,
    /// One in a file.
    File(PathBuf),
}

impl LexiconChoice {
    /// How the one that comes with the program is named.
    pub(crate) const DEFAULT: &'static str = "default";

    /// The lexicon itself.
    pub(crate) fn open(&self) -> Result<Arc<Lexicon>, Failure> {
        match self {
            Self::Default => Ok(default_english()),
            Self::File(path) => match Lexicon::load(path) {
                Ok(lexicon) => Ok(Arc::new(lexicon)),
                Err(error) => Err(Failure::input(path.display(), error)),
            },
        }
    }
}

impl FromStr for LexiconChoice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == Self::DEFAULT { Self::Default } else { Self::File(text.into()) })
    }
}

pub(crate) fn run(command: &LexiconCommand) -> Result<(), Failure> {
    match command {
        LexiconCommand::Build(args) => build(args),
        LexiconCommand::Info { lexicon } => print_lines(info(&*lexicon.open()?)),
        LexiconCommand::Check { lexicon, words } => {
            let lexicon = lexicon.lexicon.open()?;
            if !words.is_empty() {
                return check(&lexicon, words.iter().map(String::as_str));
            }
            let text = file::read_standard_input(WORD_LIST_BYTES_MAX)?;
            check(&lexicon, text.lines().map(str::trim).filter(|line| !line.is_empty()))
        }
        LexiconCommand::Words { from } => {
            let lexicon = from.open()?;
            print_lines(lexicon.words().map(|word| lexicon.alphabet().spell(&word)))
        }
    }
}

fn build(args: &BuildArgs) -> Result<(), Failure> {
    let alphabet = rules::find(&args.rules)?.alphabet;
    let name = name(args)?;
    let source = args.words.display();
    let text = file::read(&args.words, WORD_LIST_BYTES_MAX)?;
    let mut progress = Progress::of(format!("reading {source}"));
    let mut refusals = Refusals::to(args.refused.as_deref())?;
    let list = WordList::read_telling(
        &text,
        &alphabet,
        |share| progress.tell(share),
        |refusal, line| refusals.add(refusal, line),
    );
    drop(progress);
    refusals.finish()?;
    let (refused, duplicates) = (list.refused_count(), list.duplicates);
    report(&list);
    if args.strict && refused > 0 {
        return Err(Failure::Input(format!("{source}: refused lines: {refused}")));
    }
    let mut progress = Progress::of(format!("building {name}"));
    let lexicon = Lexicon::build(&name, alphabet, list.words, |share| progress.tell(share))
        .map_err(|error| match error {
            InvalidLexicon::Name(_) if args.name.is_some() => Failure::input("--name", error),
            InvalidLexicon::Name(_) => Failure::input(
                "--output, whose file the lexicon is called after without --name",
                error,
            ),
            _ => Failure::input(&source, error),
        })?;
    drop(progress);
    let bytes = lexicon.to_bytes();
    let output = args.output.display();
    file::write_whole(&args.output, &bytes)?;
    let mut lines = info(&lexicon);
    lines.push(format!("duplicates    {duplicates}"));
    lines.push(format!("refused       {refused}"));
    lines.push(format!("written       {output}, {} bytes", bytes.len()));
    print_lines(lines)
}

fn name(args: &BuildArgs) -> Result<String, Failure> {
    let stem = args.output.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    args.name.clone().or(stem).ok_or_else(|| {
        Failure::Input(format!("{}: expected a file to write", args.output.display()))
    })
}

/// Says which lines of a list were refused, and why.
fn report(list: &WordList) {
    for refused in &list.refused {
        complain(refused);
    }
}

/// The file of all lines that are refused, written while the list is read: they may be millions.
struct Refusals<'a> {
    path: &'a Path,
    /// Nothing where nobody asked for it, or once writing has failed.
    out: Option<BufWriter<File>>,
    /// How writing went so far.
    written: io::Result<()>,
}

impl<'a> Refusals<'a> {
    fn to(path: Option<&'a Path>) -> Result<Self, Failure> {
        let out = path
            .map(|path| File::create(path).map_err(|error| Failure::work(path.display(), error)));
        let out = out.transpose()?.map(BufWriter::new);
        Ok(Self { path: path.unwrap_or(Path::new("")), out, written: Ok(()) })
    }

    fn add(&mut self, refusal: Refusal, line: &RefusedLine) {
        let Some(out) = &mut self.out else { return };
        self.written = match line.detail {
            Some(_) => writeln!(out, "{line}"),
            None => writeln!(out, "{line}: {refusal}"),
        };
        if self.written.is_err() {
            self.out = None;
        }
    }

    fn finish(self) -> Result<(), Failure> {
        let flushed = self.out.map_or(Ok(()), |mut out| out.flush());
        self.written.and(flushed).map_err(|error| Failure::work(self.path.display(), error))
    }
}

fn info(lexicon: &Lexicon) -> Vec<String> {
    let alphabet = lexicon.alphabet();
    let letters: Vec<&str> = alphabet.letters().map(|letter| alphabet.text(letter)).collect();
    vec![
        format!("name          {}", lexicon.name()),
        format!("letters       {}", letters.join(" ")),
        format!("words         {}", lexicon.word_count()),
        format!("lengths       {} to {} letters", lexicon.shortest(), lexicon.longest()),
        format!("content hash  {}", lexicon.content_hash()),
    ]
}

fn check<'a>(lexicon: &Lexicon, words: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let mut invalid = 0;
    let mut verdicts = words
        .map(|word| Verdict::of(word, lexicon))
        .inspect(|verdict| invalid += usize::from(!verdict.is_valid));
    print_lines(verdicts.by_ref())?;
    // Whoever reads may have left before the end; the rest counts all the same.
    verdicts.for_each(drop);
    match invalid {
        0 => Ok(()),
        invalid => Err(Failure::Work(format!("invalid words: {invalid}").into())),
    }
}

/// What is said of one word.
struct Verdict<'a> {
    word: &'a str,
    is_valid: bool,
    /// What is wrong with it, if it is no word of any lexicon with these letters.
    why: Option<NotAWord>,
}

impl<'a> Verdict<'a> {
    fn of(word: &'a str, lexicon: &Lexicon) -> Self {
        let parsed = lexicon.alphabet().parse(word);
        let is_valid = parsed.as_ref().is_ok_and(|word| lexicon.contains(word));
        Self { word, is_valid, why: parsed.err() }
    }
}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_valid { "valid" } else { "invalid" };
        write!(formatter, "{} {verdict}", plain(self.word))?;
        self.why.as_ref().map_or(Ok(()), |why| write!(formatter, ": {why}"))
    }
}

/// Text that tells a terminal nothing but its characters.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    plain
}
