//! What a flow gives to its caller: `outputs`, evaluated where all its steps are done.

use std::fmt;
use std::sync::Arc;

use super::Stop;
use super::render::Renderer;
use crate::flow::Binding;
use crate::template::{TemplateValue, to_template_value};
use crate::value::Value;

/// The outputs of one run of a flow.
#[derive(Clone, Default)]
pub struct Outputs(Vec<Output>);

#[derive(Clone)]
struct Output {
    name: Arc<str>,
    value: Value,
    secret: bool,
}

impl Outputs {
    /// Renders them all.
    ///
    /// # Errors
    /// The first template that fails.
    pub(super) fn render(outputs: &[Binding], renderer: &Renderer<'_>) -> Result<Self, Stop> {
        let one = |output: &Binding| match renderer.value(&output.name, &output.value)? {
            Some((value, secret)) => Ok(Output { name: Arc::clone(&output.name), value, secret }),
            None => {
                let message = format!("the output `{}` cannot be `omit`", output.name);
                Err(renderer.problem(output.span, message, None))
            }
        };
        outputs.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// The value of an output.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|output| &*output.name == name).map(|output| &output.value)
    }

    /// `outputs`, as templates see it.
    pub(super) fn value(&self) -> TemplateValue {
        TemplateValue::from_pairs(self.0.iter().map(|o| (&*o.name, to_template_value(&o.value))))
    }

    /// The names of those that are secret.
    pub(super) fn secret(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter().filter(|output| output.secret).map(|output| &output.name)
    }
}

impl fmt::Debug for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|output| &output.name)).finish()
    }
}
