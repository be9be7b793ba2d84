//! `rusm new`.

mod support;

use std::fs;

use support::{Folder, names, run};

#[test]
fn makes_an_app() {
    let folder = Folder::new();
    let outcome = folder.rusm(&["new", "shop"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    insta::assert_snapshot!(outcome.stdout);
    assert_eq!(
        names(&folder.path("shop")),
        [".gitignore", ".rusm", "Cargo.toml", "README.md", "components", "rusm.toml"]
    );
    assert!(folder.read("shop/README.md").starts_with("# shop\n"));
    assert!(!folder.read("shop/README.md").contains("{{"));
    assert_eq!(folder.read("shop/.rusm/.gitignore"), "*\n");
    assert!(folder.path("shop/.rusm/sdk/rusm-rs/src/lib.rs").is_file());
}

/// Whoever holds these names on a registry must have no way into an app.
#[test]
fn nothing_of_rusm_comes_from_a_registry() {
    let folder = Folder::new();
    folder.rusm(&["new", "shop"]);
    let component: toml::Table = folder.read("shop/components/api/Cargo.toml").parse().unwrap();
    let dependency = component["dependencies"]["rusm-rs"].as_table().unwrap();
    assert_eq!(dependency.keys().collect::<Vec<_>>(), ["path"]);
    assert!(folder.path("shop/components/api").join(dependency["path"].as_str().unwrap()).is_dir());
}

#[test]
fn takes_an_empty_folder_and_a_path() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("apps/shop")).unwrap();
    assert_eq!(folder.rusm(&["new", "apps/shop", "--lang", "rust"]).code, Some(0));
    assert!(folder.path("apps/shop/rusm.toml").is_file());

    fs::create_dir(folder.path("here")).unwrap();
    let outcome = run(folder.command(&["new", "."]).current_dir(folder.path("here")));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(folder.read("here/README.md").starts_with("# here\n"));
}

#[test]
fn leaves_an_occupied_folder_alone() {
    let folder = Folder::with([("shop/precious", "")]);
    let outcome = folder.rusm(&["new", "shop"]);
    assert_eq!(outcome.code, Some(1));
    insta::assert_snapshot!(outcome.stderr);
    assert_eq!(names(&folder.path("shop")), ["precious"]);
}

#[test]
fn refuses_a_name_that_nothing_could_bear() {
    let folder = Folder::new();
    let outcome = folder.rusm(&["new", "my shop"]);
    assert_eq!(outcome.code, Some(1));
    insta::assert_snapshot!(outcome.stderr);
    assert!(names(&folder.path("")).is_empty());
}

#[test]
fn makes_an_app_in_typescript() {
    let folder = Folder::new();
    let outcome = folder.rusm(&["new", "shop", "--lang", "ts"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    insta::assert_snapshot!(outcome.stdout);
    assert_eq!(
        names(&folder.path("shop")),
        [
            ".gitignore",
            ".rusm",
            "README.md",
            "components",
            "node_modules",
            "package.json",
            "rusm.toml",
            "tsconfig.json"
        ]
    );
    // An editor finds the types before anything is built.
    assert!(folder.path("shop/node_modules/rusm-ts/index.d.ts").is_file());
    assert!(!folder.read("shop/package.json").contains("rusm-ts"));
}
