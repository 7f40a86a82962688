//! libFuzzer's entrance to [`weapp_fuzz::push_json`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weapp_fuzz::push_json(data));
