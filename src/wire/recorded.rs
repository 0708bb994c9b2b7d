//! Holds the types against what Docker 28.5.2 really answered: each recorded body, decoded and encoded again, gives the same bytes.

use super::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn same<T: DeserializeOwned + Serialize>(recorded: &str) {
    let typed: T = go::from_slice(recorded.as_bytes()).unwrap();
    let again = serde_json::to_string(&typed).unwrap();
    if let Some(at) = again
        .bytes()
        .zip(recorded.trim_end().bytes())
        .position(|(a, b)| a != b)
    {
        let from = at.saturating_sub(60);
        panic!(
            "differs:\n ours   {}\n docker {}",
            &again[from..],
            &recorded[from..]
        );
    }
    assert_eq!(again, recorded.trim_end());
}

macro_rules! recorded {
    ($($name:ident: $type:ty = $file:literal;)*) => {$(
        #[test]
        fn $name() {
            same::<$type>(include_str!(concat!("../../tests/api/recorded/", $file, ".json")));
        }
    )*};
}

recorded! {
    a_created_container: ContainerInspect = "container-created";
    a_running_container: ContainerInspect = "container-running";
    a_container_with_sizes: ContainerInspect = "container-sized";
    a_list: Vec<ContainerSummary> = "containers";
    a_list_with_sizes: Vec<ContainerSummary> = "containers-sized";
    an_image: ImageInspect = "image";
    a_list_of_images: Vec<ImageSummary> = "images";
    the_version: Version = "version";
    the_info: Info = "info";
    an_exec: ExecInspect = "exec";
    an_event: Event = "event";
}
