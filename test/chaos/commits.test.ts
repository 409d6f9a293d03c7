import { chaosTest } from './chaos-test.ts'
import { runCommits } from './commits.ts'

chaosTest({ run: runCommits })
