import { DEFAULT_STATE } from '../../schemas/defaults.ts'

/** The state folder that a command without `--state` works on. */
export function stateFolder(env: NodeJS.ProcessEnv): string {
  return env.SETPOINT_STATE || DEFAULT_STATE
}
