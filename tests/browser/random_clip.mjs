// A CLIP of any size that is nobody's: made where it is needed, since real ones are too large to be kept here.
// Runs in the tests' page.

/** The sizes of ViT-B/32. */
export const VIT_B_32 = {
  projection_dim: 512,
  text_config: {
    vocab_size: 49_408,
    hidden_size: 512,
    intermediate_size: 2048,
    num_hidden_layers: 12,
    num_attention_heads: 8,
    max_position_embeddings: 77,
    hidden_act: "quick_gelu",
    bos_token_id: 49_406,
    eos_token_id: 49_407,
  },
  vision_config: {
    image_size: 224,
    patch_size: 32,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    hidden_act: "quick_gelu",
  },
};

/** Values of a piece that is repeated for as long as a tensor is. */
const PERIOD = 1 << 16;

/** Names and shapes of the tensors, as Hugging Face's files have them. */
function tensors({ projection_dim: projection, text_config: text, vision_config: vision }) {
  const found = [["logit_scale", []]];
  const norm = (name, width) => found.push([`${name}.weight`, [width]], [`${name}.bias`, [width]]);
  const linear = (name, from, to) => found.push([`${name}.weight`, [to, from]], [`${name}.bias`, [to]]);
  const layers = (tower, { hidden_size: width, intermediate_size: wide, num_hidden_layers: count }) => {
    for (let nth = 0; nth < count; nth += 1) {
      const layer = `${tower}.encoder.layers.${nth}`;
      ["k", "v", "q", "out"].forEach((part) => linear(`${layer}.self_attn.${part}_proj`, width, width));
      norm(`${layer}.layer_norm1`, width);
      linear(`${layer}.mlp.fc1`, width, wide);
      linear(`${layer}.mlp.fc2`, wide, width);
      norm(`${layer}.layer_norm2`, width);
    }
  };
  const [words, eyes] = [text.hidden_size, vision.hidden_size];
  found.push(["text_model.embeddings.token_embedding.weight", [text.vocab_size, words]]);
  found.push(["text_model.embeddings.position_embedding.weight", [text.max_position_embeddings, words]]);
  layers("text_model", text);
  norm("text_model.final_layer_norm", words);
  found.push(["text_projection.weight", [projection, words]]);
  const { patch_size: patch } = vision;
  const positions = (vision.image_size / patch) ** 2 + 1;
  found.push(["vision_model.embeddings.class_embedding", [eyes]]);
  found.push(["vision_model.embeddings.patch_embedding.weight", [eyes, 3, patch, patch]]);
  found.push(["vision_model.embeddings.position_embedding.weight", [positions, eyes]]);
  norm("vision_model.pre_layrnorm", eyes);
  layers("vision_model", vision);
  norm("vision_model.post_layernorm", eyes);
  found.push(["visual_projection.weight", [projection, eyes]]);
  return found.sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The files that an encoder is loaded from: `config.json` and f16 weights, small ones of either sign. */
export function clipFiles(config) {
  const values = new Uint16Array(PERIOD);
  // As f16: a sign, an exponent that makes it about 1/64, and a mantissa that looks random.
  values.forEach((_, nth) => (values[nth] = ((nth * 40_503) & 0x83ff) | 0x2400));
  const piece = new Blob([values]);
  const header = {};
  const parts = [];
  let end = 0;
  for (const [name, shape] of tensors(config)) {
    const bytes = 2 * shape.reduce((all, size) => all * size, 1);
    header[name] = { dtype: "F16", shape, data_offsets: [end, end + bytes] };
    end += bytes;
    for (let left = bytes; left > 0; left -= piece.size) {
      parts.push(left < piece.size ? piece.slice(0, left) : piece);
    }
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(text.length), true);
  return [
    { path: "config.json", source: new Blob([JSON.stringify(config)]) },
    { path: "model.safetensors", source: new Blob([length, text, ...parts]) },
  ];
}
