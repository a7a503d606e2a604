// How long the server takes, as figures for BENCHMARKS.md. Nothing fails here: machines differ.
//
//   node measure.mjs http://127.0.0.1:8787 [TIMES]
const [base, times = '1000'] = process.argv.slice(2);
for (const path of ['/', '/code/20560', '/changes', '/changes?q=dry+needling', '/api/v1/codes/20560']) {
  const took = [];
  let bytes = 0;
  for (let count = 0; count < Number(times); count += 1) {
    const began = performance.now();
    const answer = await fetch(base + path);
    bytes = (await answer.arrayBuffer()).byteLength;
    took.push(performance.now() - began);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  }
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))].toFixed(1);
  console.log(`${path}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms, ${bytes} bytes, ${times} requests one after the other`);
}
