//! What is made from the checked API: one module per product.

pub mod openapi;
pub mod readme;
pub mod rust;
