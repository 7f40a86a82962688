//! What is made from the checked API: one module per product.

pub mod readme;
pub mod rust;
