import { agentPaths } from '../../agent/paths.ts'
import { chooseRuntime } from '../../agent/runtime/choose.ts'
import { errorFacts } from '../../schemas/error.ts'

/** Prints what is chosen where this process runs, or the facts of the error: argv is `auto|crun|runc` and a folder. */
const [wanted, folder] = process.argv.slice(2) as ['auto' | 'crun' | 'runc', string]
const { run } = agentPaths(`${folder}/state`, `${folder}/run`)
console.log(
  JSON.stringify(await chooseRuntime({ wanted, run }).catch((error) => errorFacts(error, 'INTERNAL'))),
)
