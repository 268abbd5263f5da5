//! Overload and slow callers.
