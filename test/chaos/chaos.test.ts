import { runChaos } from './chaos.ts'
import { chaosTest } from './chaos-test.ts'
import { VARIABLES } from './fleet.ts'

chaosTest({ run: runChaos, variables: VARIABLES })
