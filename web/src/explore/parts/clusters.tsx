// Clusters before and after.

import { createMemo, type JSX } from "solid-js";

import { t } from "../../messages";
import { useExploration } from "../exploration";
import { toggled } from "../pool/filter";
import { PartsTable, type Part } from "./parts_table";

/** The clusters of the pool, and what of each is in the subset. */
export function Clusters(): JSX.Element {
  const { pool, standing, filter, narrow } = useExploration();
  const parts = createMemo((): Part[] => {
    const { perCluster } = standing();
    const parts: Part[] = [];
    for (let id = 0; id < pool.clusters; id += 1) {
      const size = (pool.clusterStarts[id + 1] as number) - (pool.clusterStarts[id] as number);
      if (size > 0) {
        parts.push({ id, name: t.explore.parts.cluster(id), size, chosen: perCluster[id] as number });
      }
    }
    return parts;
  });
  return (
    <PartsTable
      caption={t.explore.parts.clustersCaption(parts().length)}
      kind={t.explore.parts.clusterHeading}
      parts={parts()}
      picked={filter().clusters}
      onPick={(cluster) => narrow({ clusters: toggled(filter().clusters, cluster) })}
    />
  );
}
