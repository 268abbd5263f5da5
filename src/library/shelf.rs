//! Lexicons, found by what they are called and by what they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::game::RuleSet;
use crate::lexicon::{Alphabet, ContentHash, Lexicon, LoadError};

/// Where lexicons for running games only are, in the operator's folder.
const RETIRED: &str = "retired";

/// What lexicons' files end in.
const EXTENSION: &str = "lex";

/// All lexicons of the process. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub struct Library {
    shelves: Arc<Shelves>,
}

#[derive(Debug)]
struct Shelves {
    offered: Vec<Volume>,
    retired: Vec<Volume>,
}

/// A lexicon, of which much can be said without opening it.
#[derive(Debug)]
pub struct Volume {
    name: Box<str>,
    hash: ContentHash,
    alphabet: Alphabet,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// That which comes with the product, and is made when it is first opened.
    DefaultEnglish,
    /// One from a file.
    Loaded(Arc<Lexicon>),
}

/// Why the lexicons can't be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be read.
    #[error("reading {} failed", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A file is no lexicon.
    #[error("{} is no lexicon", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: LoadError,
    },
    /// Two have one name, so that nobody could say which is meant.
    #[error(
        "two lexicons are called {name:?}; put the one that is for running games only into `{RETIRED}`"
    )]
    SameName {
        /// Their name.
        name: String,
    },
}

impl Library {
    /// The lexicon that comes with the product, and those in a folder. Takes as long as reading and
    /// checking them does, some ten milliseconds each.
    ///
    /// # Errors
    /// [`OpenError`] names the first file that is wrong.
    pub fn open(folder: Option<&Path>) -> Result<Self, OpenError> {
        let mut offered = vec![Volume::default_english()];
        let mut retired = Vec::new();
        if let Some(folder) = folder {
            offered.extend(load_all(folder)?);
            let folder = folder.join(RETIRED);
            if folder.is_dir() {
                retired = load_all(&folder)?;
            }
        }
        let mut names: Vec<&str> = offered.iter().map(Volume::name).collect();
        names.sort_unstable();
        if let Some(pair) = names.array_windows().find(|[one, other]| one == other) {
            return Err(OpenError::SameName { name: pair[0].to_owned() });
        }
        Ok(Self { shelves: Arc::new(Shelves { offered, retired }) })
    }

    /// The lexicons that new games may be played with.
    #[must_use]
    pub fn offered(&self) -> &[Volume] {
        &self.shelves.offered
    }

    /// Those of them that fit a rule set.
    pub fn fitting<'a>(&'a self, rules: &'a RuleSet) -> impl Iterator<Item = &'a Volume> {
        self.offered().iter().filter(|volume| rules.admits(&volume.alphabet).is_ok())
    }

    /// The lexicon that is just this, offered or retired.
    #[must_use]
    pub fn find(&self, hash: ContentHash) -> Option<Arc<Lexicon>> {
        let Shelves { offered, retired } = &*self.shelves;
        offered.iter().chain(retired).find(|volume| volume.hash == hash).map(Volume::open)
    }
}

impl Volume {
    fn default_english() -> Self {
        let (name, hash, alphabet) = Lexicon::default_english_title();
        Self { name: name.into(), hash, alphabet, content: Content::DefaultEnglish }
    }

    /// What it is called before people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    #[must_use]
    pub const fn content_hash(&self) -> ContentHash {
        self.hash
    }

    /// The lexicon itself. The one that comes with the product takes half a second when a process first
    /// opens it.
    #[must_use]
    pub fn open(&self) -> Arc<Lexicon> {
        match &self.content {
            Content::DefaultEnglish => Lexicon::default_english(),
            Content::Loaded(lexicon) => Arc::clone(lexicon),
        }
    }
}

/// All lexicons of a folder, in the order of their files' names.
fn load_all(folder: &Path) -> Result<Vec<Volume>, OpenError> {
    let failed = |source| OpenError::Folder { folder: folder.to_owned(), source };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == EXTENSION));
    files.sort_unstable();
    files.into_iter().map(load).collect()
}

fn load(file: PathBuf) -> Result<Volume, OpenError> {
    let lexicon = match Lexicon::load(&file) {
        Ok(lexicon) => Arc::new(lexicon),
        Err(source) => return Err(OpenError::File { file, source }),
    };
    Ok(Volume {
        name: lexicon.name().into(),
        hash: lexicon.content_hash(),
        alphabet: lexicon.alphabet().clone(),
        content: Content::Loaded(lexicon),
    })
}
