//! The selector file: round trips, and what bad files get.
mod golden_file;

use std::collections::{BTreeMap, HashMap};

use golden_file::golden;
use ofa_core::Error;
use ofa_core::score::Scorer;
use ofa_core::selector::{Fusion, FusionMode, Selector};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

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

/// Numbers that a parser without care reads one bit off.
#[test]
fn training_reads_back_to_the_same_numbers() {
    let mut selector = small("full");
    let metrics: Vec<f64> = (1..2000).map(|i| 1.0 / f64::from(i) + 1e-7).collect();
    selector.training = Some(serde_json::json!({ "metrics": metrics }));
    let bytes = selector.to_safetensors(false).expect("writable");
    assert_eq!(Selector::from_safetensors(&bytes), Ok(selector));
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
        read(&edited("\"version\":\"1\"", "\"version\":\"2\"")),
        Error::Metadata { key: "version", .. }
    ));
    assert!(matches!(
        read(&edited("feature_dim\\\": 12", "feature_dim\\\": []")),
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

/// The tensors of a file, to leave some out or add some, and written again by the usual writer.
#[derive(Clone)]
struct Tensors(BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>);

impl Tensors {
    fn of(mode: FusionMode) -> Self {
        let bytes = golden(&format!("scoring/small_{}.safetensors", mode.name()));
        let file = SafeTensors::deserialize(&bytes).expect("a golden");
        let tensors = file.tensors().into_iter().map(|(name, view)| {
            (
                name,
                (view.dtype(), view.shape().to_vec(), view.data().to_vec()),
            )
        });
        Self(tensors.collect())
    }

    fn without(&self, prefix: &str) -> Self {
        let mut some = self.clone();
        some.0.retain(|name, _| !name.starts_with(prefix));
        some
    }

    fn with_shape(&self, name: &str, shape: &[usize]) -> Self {
        let mut changed = self.clone();
        let values = vec![0; 4 * shape.iter().product::<usize>()];
        let tensor = (Dtype::F32, shape.to_vec(), values);
        changed.0.insert(name.into(), tensor);
        changed
    }

    fn read(&self, metadata: &[(&str, &str)]) -> ofa_core::Result<Selector> {
        let views = self.0.iter().map(|(name, (dtype, shape, data))| {
            let view = TensorView::new(*dtype, shape.clone(), data).expect("whole");
            (name, view)
        });
        let metadata: HashMap<String, String> = metadata
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        let metadata = (!metadata.is_empty()).then_some(metadata);
        let bytes = safetensors::serialize(views, metadata).expect("writable");
        Selector::from_safetensors(&bytes)
    }
}

#[test]
fn what_the_header_does_not_say_is_read_from_the_tensors() {
    for mode in FusionMode::ALL {
        let tensors = Tensors::of(mode);
        let mut expected = small(mode.name());
        expected.training = None;
        for metadata in [
            vec![],
            vec![("format", "ofa-selector")],
            vec![("version", "1")],
            vec![("format", "ofa-selector"), ("version", "1")],
            vec![("config", "{}")],
            vec![("config", r#"{"feature_dim": 12, "num_clusters": null}"#)],
            vec![("config", r#"{"hidden_dim": 10, "dropout": 0.1}"#)],
        ] {
            let found = tensors.read(&metadata).expect("its tensors say it all");
            let gate_hidden_dim = if mode.has_gate() { 6 } else { 0 };
            expected.config.gate_hidden_dim = gate_hidden_dim;
            assert_eq!(found, expected, "{mode}, {metadata:?}");
            // Its own file says everything.
            let bytes = found.to_safetensors(false).expect("writable");
            assert_eq!(Selector::from_safetensors(&bytes), Ok(found));
        }
        let named = format!(r#"{{"fusion_mode": "{}"}}"#, mode.name().replace('_', "-"));
        assert_eq!(tensors.read(&[("config", &named)]), Ok(expected));
    }
}

#[test]
fn a_config_that_contradicts_the_tensors_is_an_error_that_names_one() {
    let tensors = Tensors::of(FusionMode::Full);
    for (config, tensor, expected, found) in [
        (
            r#"{"feature_dim": 11}"#,
            "gate.0.weight",
            vec![6, 33],
            vec![6, 36],
        ),
        (r#"{"gate_hidden_dim": 7}"#, "gate.0.bias", vec![7], vec![6]),
        (
            r#"{"hidden_dim": 256}"#,
            "image_branch.0.bias",
            vec![256],
            vec![10],
        ),
        (
            r#"{"num_clusters": 128}"#,
            "output.3.bias",
            vec![128],
            vec![5],
        ),
    ] {
        assert_eq!(
            tensors.read(&[("config", config)]),
            Err(Error::TensorShape {
                name: tensor.into(),
                expected,
                found
            }),
            "{config}"
        );
    }
    // A mode whose tensors are not there.
    let error = tensors.read(&[("config", r#"{"fusion_mode": "concat", "hidden_dim": 10}"#)]);
    assert!(matches!(error, Err(Error::TensorSizes { .. })), "{error:?}");
    let error = Tensors::of(FusionMode::StaticGate)
        .read(&[("config", r#"{"fusion_mode": "full", "gate_hidden_dim": 6}"#)]);
    assert!(
        matches!(&error, Err(Error::TensorMissing { name, .. }) if name == "gate.0.bias"),
        "{error:?}"
    );
}

#[test]
fn tensors_that_show_no_size_are_named() {
    let full = Tensors::of(FusionMode::Full);
    let concat = Tensors::of(FusionMode::Concat);
    for (tensors, named) in [
        (
            full.without("image_branch.0.weight"),
            "image_branch.0.weight",
        ),
        (
            full.with_shape("image_branch.0.weight", &[120]),
            "image_branch.0.weight",
        ),
        (full.without("gate.0.weight"), "gate.0.weight"),
        (full.without("output.3.weight"), "output.3.weight"),
        (concat.without("concat.weight"), "concat.weight"),
        (
            concat.with_shape("concat.weight", &[10, 23]),
            "concat.weight",
        ),
    ] {
        let error = tensors.read(&[]).expect_err("a size is not to be seen");
        assert!(
            matches!(&error, Error::TensorSizes { name, .. } if name == named),
            "{named}: {error}"
        );
    }
    let empty = full.with_shape("image_branch.0.weight", &[0, 12]).read(&[]);
    assert!(
        matches!(
            empty,
            Err(Error::Config {
                field: "hidden_dim",
                ..
            })
        ),
        "{empty:?}"
    );
    // Nothing else tells where the clusters are.
    let error = full.without("cluster_centers").read(&[]);
    assert!(
        matches!(&error, Err(Error::TensorMissing { name, .. }) if name == "cluster_centers"),
        "{error:?}"
    );
}

/// The authors' classifier always has every layer; the mode decides which are used.
#[test]
fn a_file_may_hold_more_than_its_mode_needs() {
    let all = Tensors::of(FusionMode::Full)
        .without("early.")
        .with_shape("concat.weight", &[10, 24])
        .with_shape("concat.bias", &[10])
        .with_shape("temperature", &[1]);
    for mode in FusionMode::ALL {
        let config = format!(r#"{{"fusion_mode": "{mode}"}}"#);
        let selector = all
            .read(&[("config", &config)])
            .expect("every part is there");
        assert_eq!(selector.config.fusion_mode, mode);
        assert_eq!(selector.config.feature_dim, 12);
        Scorer::new(&selector).expect("a whole selector");
    }
    // Without a config the tensors that only one mode has decide.
    assert_eq!(
        all.read(&[]).expect("valid").config.fusion_mode,
        FusionMode::Concat
    );
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
