import { benchDeploy } from './deploy.bench.ts'
import { benchHealth } from './health.bench.ts'
import { benchLoad } from './load.bench.ts'
import { type Measured, table } from './measure.ts'
import { benchNames } from './names.bench.ts'
import { benchPlan } from './plan.bench.ts'
import { benchPolls } from './poll.bench.ts'
import { benchPublish } from './publish.bench.ts'

const BENCHES: Record<string, () => Promise<Measured[]>> = {
  load: benchLoad,
  plan: benchPlan,
  poll: benchPolls,
  deploy: benchDeploy,
  health: benchHealth,
  publish: benchPublish,
  names: benchNames,
}

const wanted = process.argv.slice(2)
const rows: Measured[] = []
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.error(`measuring ${name} …`)
  rows.push(...(await bench()))
}
console.log(table(rows))
process.exitCode = rows.some(({ value, limit }) => limit !== undefined && value > limit) ? 1 : 0
