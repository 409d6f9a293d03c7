// Plain JavaScript for any Node from 14 on: it finds a Node that runs Setpoint (24 or later) and hands over to it.
import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const NEEDED = 24

/**
 * Runs an entry of Setpoint: `path` without its extension, from the root of the clone or package.
 * @param {string} path
 */
export function launch(path) {
  const entry = findEntry(path)
  keepCompiled()
  if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
    import(pathToFileURL(entry).href).catch((error) => fail(error.stack || String(error)))
    return
  }
  const node = join(ROOT, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(node)) handOver(node, [...process.execArgv, '--', entry, ...process.argv.slice(2)])
  else fail(`Node ${NEEDED} or later is needed, and this is ${process.versions.node}`, howToGetNode())
}

/** The TypeScript in a clone; what was built of it in an installed package, where Node strips no types. */
function findEntry(path) {
  const source = join(ROOT, `${path}.ts`)
  const built = join(ROOT, 'dist', `${path}.js`)
  const isInstalled = ROOT.split(sep).includes('node_modules')
  if (isInstalled || !existsSync(source)) return existsSync(built) ? built : missing(built)
  if (!existsSync(join(ROOT, 'node_modules', 'commander'))) {
    fail('its dependencies are not installed', `run npm install in ${ROOT}`)
  }
  return source
}

/**
 * Halves the time that a command takes to start: Node keeps what it compiled. Not in /tmp, where others could plant
 * something, and only for the owner of the clone, who can then also remove it.
 */
function keepCompiled() {
  const folder = join(ROOT, 'node_modules')
  if (!existsSync(folder) || statSync(folder).uid !== process.getuid()) return
  const cache = join(folder, '.cache', 'setpoint')
  process.env.NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE || cache
  if (module.enableCompileCache) module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
}

/** Signals and the exit code pass through. A terminal sends Ctrl-C to both processes; Setpoint takes the two for one. */
function handOver(node, args) {
  const child = spawn(node, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => fail(`${node} cannot be run: ${error.message}`))
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : code
    if (process.connected) process.disconnect()
  })
}

function howToGetNode() {
  return existsSync(join(ROOT, 'package-lock.json'))
    ? `run npm install in ${ROOT}: it brings a Node of its own`
    : 'install it from https://nodejs.org, or with your package manager'
}

function missing(file) {
  fail(`the package is incomplete: ${file} is missing`, 'install it again')
}

function fail(message, hint) {
  process.stderr.write(`setpoint: ${message}\n${hint ? `  ${hint}\n` : ''}`)
  process.exit(2)
}
