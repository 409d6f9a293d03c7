/**
 * The environment for a tool that is started: Setpoint's own settings, which may carry passwords, are nothing for it and
 * the helpers that it starts. It speaks English and skips its translations, since what it says is read.
 */
export function environmentForTools(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(own).filter(([name]) => !name.startsWith('SETPOINT_'))
  return { ...Object.fromEntries(others), LC_ALL: 'C' }
}
