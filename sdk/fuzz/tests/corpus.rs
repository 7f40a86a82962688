//! Each target goes through its corpus, in which every input that once failed stays.

use std::fs;
use std::path::Path;

use weapp_fuzz::TARGETS;

#[test]
fn every_target_holds_on_its_corpus() {
    for (name, run) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut inputs = 0;
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            run(&fs::read(path).unwrap());
            inputs += 1;
        }
        assert!(inputs > 1, "{} has next to nothing in it", folder.display());
    }
}

#[test]
fn every_target_takes_nothing_and_noise() {
    let noise: Vec<u8> = (0..=255).collect();
    for (name, run) in TARGETS {
        println!("{name}");
        run(b"");
        run(&noise);
    }
}

/// `cargo xtask fuzz` finds targets by their files, the tests by the list.
#[test]
fn every_program_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    let mut programs: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    programs.sort();
    let programs: Vec<_> = programs.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(programs, TARGETS.map(|(name, _)| name));
}
