//! libFuzzer's entrance to [`weapp_fuzz::decrypt`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weapp_fuzz::decrypt(data));
