//! Paths of fields, written as Kubernetes writes them: `spec.ingress[0].from[1].ipBlock.cidr`.

use std::fmt;

/// A field, known by the way to it: a list on the stack, so that walking a document allocates nothing.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
    /// An entry of a free map, such as a label.
    Key(&'a Path<'a>, &'a str),
}

impl<'a> Path<'a> {
    pub(super) fn field(&'a self, name: &'a str) -> Self {
        Self::Field(self, name)
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }

    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    /// The names of the fields on the way, without positions in lists.
    pub(super) fn names(&self) -> Vec<&'a str> {
        match *self {
            Self::Root => Vec::new(),
            Self::Index(parent, _) => parent.names(),
            Self::Field(parent, name) | Self::Key(parent, name) => {
                let mut names = parent.names();
                names.push(name);
                names
            }
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Path::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
            Self::Key(parent, key) => write!(f, "{parent}[{key}]"),
        }
    }
}
