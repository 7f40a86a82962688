//! How much an API holds.

use weapp_codegen::model::{Api, Group, Type, TypeKind};

/// Counts of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) endpoints: usize,
    /// Requests, responses that hold something, and the structs within them.
    pub(super) structs: usize,
    pub(super) fields: usize,
}

/// What a spec holds.
pub(super) fn size(api: &Api) -> Size {
    let parts = api.groups.iter().map(of_group).chain([of_types(&api.types)]);
    parts.fold(Size { endpoints: 0, structs: 0, fields: 0 }, |sum, part| Size {
        endpoints: sum.endpoints + part.endpoints,
        structs: sum.structs + part.structs,
        fields: sum.fields + part.fields,
    })
}

fn of_group(group: &Group) -> Size {
    let mut size = of_types(&group.types);
    for endpoint in &group.endpoints {
        size.endpoints += 1;
        size.structs += 1;
        size.fields += endpoint.params.len();
        let answered = endpoint.response.fields();
        if !answered.is_empty() {
            size.structs += 1;
            size.fields += answered.len();
        }
    }
    size
}

fn of_types(types: &[Type]) -> Size {
    let fields: Vec<usize> = types
        .iter()
        .filter_map(|ty| match &ty.kind {
            TypeKind::Struct { fields, .. } => Some(fields.len()),
            _ => None,
        })
        .collect();
    Size { endpoints: 0, structs: fields.len(), fields: fields.iter().sum() }
}
