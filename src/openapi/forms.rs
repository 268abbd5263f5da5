//! How a value type says in which form it is written.

/// Declares the form of types that are one value in JSON: a name in the document's components, and
/// what the type's parser asks for. The parser's own limits stand in it, not copies of them.
macro_rules! forms {
    ($($(#[$attribute:meta])* $type:ty as $name:literal = $form:tt;)*) => {$(
        $(#[$attribute])*
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($form)
            }
        }
    )*};
}

pub(crate) use forms;
