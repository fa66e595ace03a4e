// How long the tasks of a page's own thread take of the processor. A clock also counts what others did meanwhile, and on a
// machine that is shared that is most of it.

/** What the browser writes down: tasks, and what they are of. */
const CATEGORIES = ["toplevel", "devtools.timeline"];

/**
 * Does `work`, and gives the time of the processor that each task of the page's own thread took meanwhile, in
 * milliseconds, the longest first.
 */
export async function taskTimes(browser, page, work) {
  await browser.startTracing(page, { categories: CATEGORIES });
  let trace;
  try {
    await work();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString());
  const threads = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const times = threads.map(({ pid, tid }) =>
    traceEvents
      .filter((event) => event.pid === pid && event.tid === tid && event.ph === "X" && event.name.endsWith("RunTask"))
      .map(({ tdur = 0 }) => tdur / 1000),
  );
  // Of the browser's processes the page's has done most.
  const sum = (times) => times.reduce((sum, time) => sum + time, 0);
  return times.toSorted((a, b) => sum(b) - sum(a))[0].toSorted((a, b) => b - a);
}
