//! The selector file: round trips, and what bad files get.
mod golden_file;

use golden_file::golden;
use ofa_core::Error;
use ofa_core::selector::{Fusion, FusionMode, Selector};

fn small(mode: &str) -> Selector {
    let bytes = golden(&format!("scoring/small_{mode}.safetensors"));
    Selector::from_safetensors(&bytes).expect("a selector")
}

#[test]
fn every_mode_round_trips_to_the_same_bytes() {
    for mode in FusionMode::ALL {
        let selector = small(mode.name());
        assert_eq!(selector.early.is_some(), mode == FusionMode::Full);
        assert_eq!(
            selector.training.as_ref().expect("training")["selected_epoch"],
            3
        );
        let bytes = selector.to_safetensors(false).expect("writable");
        let again = Selector::from_safetensors(&bytes).expect("its own output");
        assert_eq!(again, selector);
        assert_eq!(again.to_safetensors(false).expect("writable"), bytes);
        // Metadata in key order stands first, so equal selectors are equal files.
        let header = std::str::from_utf8(&bytes[8..bytes.len().min(400)]).expect("ASCII");
        assert!(
            header.starts_with(
                r#"{"__metadata__":{"config":"{\"feature_dim\":12,\"hidden_dim\":10,"#
            ),
            "{header}"
        );
    }
}

#[test]
fn half_files_round_once() {
    let selector = small("full");
    let bytes = selector.to_safetensors(true).expect("small weights");
    assert!(bytes.len() < selector.to_safetensors(false).expect("writable").len() * 2 / 3);
    let narrow = Selector::from_safetensors(&bytes).expect("its own output");
    assert_eq!(narrow.to_safetensors(true).expect("writable"), bytes);
    for (wide, narrow) in selector.cluster_centers.iter().zip(&narrow.cluster_centers) {
        assert_eq!(half::f16::from_f32(*wide).to_f32(), *narrow);
    }
    let mut large = selector;
    large.weights.output.bias[2] = 70000.0;
    assert!(matches!(
        large.to_safetensors(true),
        Err(Error::TensorValue { name, element: 2, .. }) if name == "output.3.bias"
    ));
    assert!(large.to_safetensors(false).is_ok());
}

/// The golden file with one piece of its header replaced by one of equal length.
fn edited(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = golden("scoring/small_full.safetensors");
    let at = bytes
        .windows(from.len())
        .position(|w| w == from.as_bytes())
        .expect("is there");
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    bytes
}

#[test]
fn bad_files_are_refused_by_name() {
    let read = |bytes: &[u8]| Selector::from_safetensors(bytes).expect_err("must be refused");
    let whole = golden("scoring/small_full.safetensors");
    for len in [0, 7, 100, whole.len() - 1] {
        assert!(
            matches!(read(&whole[..len]), Error::NotSafetensors { .. }),
            "{len} bytes"
        );
    }
    assert!(matches!(
        read(b"not a safetensors file"),
        Error::NotSafetensors { .. }
    ));
    assert!(matches!(
        read(&edited("ofa-selector", "ofa-features")),
        Error::Metadata { key: "format", .. }
    ));
    assert!(matches!(
        read(&edited("feature_dim", "feature_dmi")),
        Error::Metadata { key: "config", .. }
    ));
    assert!(matches!(
        read(&edited("num_clusters\\\": 5", "num_clusters\\\": 0")),
        Error::Config {
            field: "num_clusters",
            ..
        }
    ));
    assert!(matches!(
        read(&edited("num_clusters\\\": 5", "num_clusters\\\": 6")),
        Error::TensorShape { name, expected, found }
            if name == "output.3.bias" && expected == [6] && found == [5]
    ));
    assert!(matches!(
        read(&edited("\"gate.2.bias\"", "\"gate.2.bIas\"")),
        Error::TensorMissing { name, mode: "full", .. } if name == "gate.2.bias"
    ));
    assert!(matches!(
        read(&edited("\"early.output.0.bias\"", "\"early.output.0.bIas\"")),
        Error::TensorMissing { name, .. } if name == "early.output.0.bias"
    ));
    assert!(matches!(
        read(&edited("\"cluster_centers\"", "\"cluster_centres\"")),
        Error::TensorMissing { name, .. } if name == "cluster_centers"
    ));
    let mut nan = whole.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(matches!(read(&nan), Error::TensorValue { .. }));
}

#[test]
fn parts_that_a_mode_does_not_use_are_kept() {
    let mut selector = small("full");
    selector.config.fusion_mode = FusionMode::StaticGate;
    let bytes = selector.to_safetensors(false).expect("writable");
    let again = Selector::from_safetensors(&bytes).expect("its own output");
    assert_eq!(again, selector);
    let Fusion::Gated(fusion) = &mut selector.weights.fusion else {
        panic!("a gated mode")
    };
    assert!(fusion.gate.take().is_some());
    let bytes = selector.to_safetensors(false).expect("writable");
    assert_eq!(
        Selector::from_safetensors(&bytes).expect("its own output"),
        selector
    );
    selector.config.fusion_mode = FusionMode::NoInteraction;
    assert!(matches!(
        selector.to_safetensors(false),
        Err(Error::TensorMissing { .. })
    ));
}
