import { spawn } from 'node:child_process'

export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

export interface CommandOptions {
  env?: NodeJS.ProcessEnv
  /** Milliseconds. */
  timeout?: number
}

/** Runs a command to its end, whatever its exit code; killed by its deadline it counts as 124, as timeout(1) has it. */
export function command(argv: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = '', ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.env && { env: options.env }),
    })
    const said = { stdout: '', stderr: '' }
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, options.timeout ?? 30_000)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text
    })
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code: late ? 124 : (code ?? 125), ...said })
    })
  })
}

/** The same, but a failure throws with what the command said; gives its stdout. */
export async function must(argv: string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await command(argv, options)
  if (code !== 0) throw new Error(`${argv.join(' ')} failed (${code})\n${stdout}${stderr}`)
  return stdout
}
