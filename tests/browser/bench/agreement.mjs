// Whether two libraries embed the same inputs alike: where they do not, their speeds are of different things.

/** Least cosine between two libraries' embeddings of one input, by backend. */
const LEAST = { cpu: 0.9999, webgpu: 0.999 };

/** Rows of embeddings that lie one after the other. */
function rows(values, count) {
  const dim = values.length / count;
  return Array.from({ length: count }, (_, row) => values.slice(row * dim, (row + 1) * dim));
}

function cosine(one, other) {
  const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}

/**
 * Compares embeddings of equal inputs.
 *
 * `least` is the least cosine between the two libraries. `between` is the greatest one between different
 * inputs: were it as near to 1, agreement would say nothing.
 * @throws where the libraries do not agree
 */
export function compareEmbeddings(backend, what, ours, reference, count) {
  const [one, other] = [rows(ours, count), rows(reference, count)];
  if (one[0].length !== other[0].length) {
    throw new Error(`${what}: our embeddings have ${one[0].length} values, the reference's ${other[0].length}`);
  }
  const least = Math.min(...one.map((row, nth) => cosine(row, other[nth])));
  const pairs = other.flatMap((row, nth) => other.slice(nth + 1).map((later) => cosine(row, later)));
  const between = Math.max(...pairs);
  if (!(least >= LEAST[backend])) {
    throw new Error(
      `${what}: the libraries do not embed the same thing: expected a cosine of at least ${LEAST[backend]} ` +
        `between their embeddings, found ${least}`,
    );
  }
  if (count > 1 && !(1 - between > 10 * (1 - least))) {
    throw new Error(`${what}: different inputs are as alike (${between}) as the two libraries (${least})`);
  }
  return { least, between: count > 1 ? between : undefined };
}
