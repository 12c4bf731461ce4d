#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kaltura_fuzz::targets::privileges::parse(data));
