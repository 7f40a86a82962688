//! Permissions, links and pipes.

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::process::Command;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[tokio::test]
async fn nobody_else_may_read_what_is_created() {
    let place = Place::new();
    place.save("token", TWO_HOURS).await;
    assert_eq!(mode(place.store.directory()), 0o700);
    assert_eq!(mode(place.store.directory().parent().unwrap()), 0o700, "created on the way");
    for ending in [".json", ".lease.json", ".lock", ".held"] {
        assert_eq!(mode(&place.file(ending)), 0o600, "{ending}");
    }
}

#[tokio::test]
async fn wider_permissions_are_narrowed_with_a_warning() {
    let (place, log) = (Place::new(), Log::default());
    async {
        place.save("token", TWO_HOURS).await;
        assert!(log.warnings().is_empty(), "{log:?}");
        fs::set_permissions(place.file(".json"), fs::Permissions::from_mode(0o644)).unwrap();
        for _ in 0..2 {
            assert_eq!(place.loaded().await.as_deref(), Some("token"));
        }
        assert_eq!(mode(&place.file(".json")), 0o600);
        assert_eq!(log.warnings().len(), 1, "{log:?}");
        assert!(log.warnings()[0].contains("other users could read"), "{log:?}");

        fs::set_permissions(place.store.directory(), fs::Permissions::from_mode(0o770)).unwrap();
        for _ in 0..2 {
            place.save("token", TWO_HOURS).await;
        }
        assert_eq!(mode(place.store.directory()), 0o770, "a directory is its owner's affair");
        assert_eq!(log.warnings().len(), 2, "{log:?}");
        assert!(log.warnings()[1].contains("may write to this directory"), "{log:?}");
    }
    .with_subscriber(log.subscriber())
    .await;
}

#[tokio::test]
async fn a_link_is_not_followed_and_its_target_left_alone() {
    let (place, log) = (Place::new(), Log::default());
    place.save("token", TWO_HOURS).await;
    let target = place.temporary.path().join("target");
    fs::rename(place.file(".json"), &target).unwrap();
    let before = fs::read(&target).unwrap();
    symlink(&target, place.file(".json")).unwrap();
    async {
        assert!(place.loaded().await.is_none());
        assert!(log.warnings()[0].contains("this is a link"), "{log:?}");
        place.save("next", TWO_HOURS).await;
    }
    .with_subscriber(log.subscriber())
    .await;
    assert_eq!(place.loaded().await.as_deref(), Some("next"));
    assert!(fs::symlink_metadata(place.file(".json")).unwrap().is_file());
    assert_eq!(fs::read(&target).unwrap(), before);

    // In the temporary file's place it is removed, in a lock's place refused.
    symlink(&target, place.file(".json.new")).unwrap();
    place.save("another", TWO_HOURS).await;
    assert_eq!(fs::read(&target).unwrap(), before);
    for ending in [".lock", ".held"] {
        let _ = fs::remove_file(place.file(ending));
        symlink(&target, place.file(ending)).unwrap();
        let told = place.store.acquire(&app(), LONG).await.unwrap_err().to_string();
        assert!(told.contains("no plain file"), "{told}");
        fs::remove_file(place.file(ending)).unwrap();
    }
    assert_eq!(fs::read(&target).unwrap(), before);

    // A directory may be a link: its owner made it.
    let linked = place.temporary.path().join("linked");
    symlink(place.store.directory(), &linked).unwrap();
    assert!(FileStore::new(&linked).load(&app()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_pipe_is_not_waited_for() {
    let place = Place::new();
    place.save("token", TWO_HOURS).await;
    fs::remove_file(place.file(".json")).unwrap();
    assert!(Command::new("mkfifo").arg(place.file(".json")).status().unwrap().success());
    assert!(fs::symlink_metadata(place.file(".json")).unwrap().file_type().is_fifo());
    assert!(place.loaded().await.is_none());
    place.save("next", TWO_HOURS).await;
    assert_eq!(place.loaded().await.as_deref(), Some("next"));
}
