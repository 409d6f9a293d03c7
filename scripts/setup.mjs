// Makes this clone ready to run: npm packages (Node 24 among them) and the system tools that Setpoint drives.
// Runs on any Node from 14 on and needs nothing installed; takes some milliseconds when all is there.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Command and the Debian or Ubuntu package that has it. */
const TOOLS = [
  ['crun', 'crun'],
  ['conmon', 'conmon'],
  ['catatonit', 'catatonit'],
  ['buildah', 'buildah'],
  ['nft', 'nftables'],
  ['ip', 'iproute2'],
  ['dnsmasq', 'dnsmasq-base'],
  ['conntrack', 'conntrack'],
  ['redis-server', 'redis-server'],
  ['git', 'git'],
  ['skopeo', 'skopeo'],
  ['nsenter', 'util-linux'],
  ['socat', 'socat'],
]
const TEST_TOOLS = [
  ['age', 'age'],
  ['busybox', 'busybox-static'],
  ['runc', 'runc'],
  ['setcap', 'libcap2-bin'],
  ['docker-registry', 'docker-registry'],
  ['openssl', 'openssl'],
  ['/usr/lib/cni/macvlan', 'containernetworking-plugins'],
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['mmdebstrap', 'mmdebstrap'],
  ['mke2fs', 'e2fsprogs'],
]
/** crun refuses a host whose cgroup v1 controllers stand beside cgroup2; runc takes it. */
const HYBRID_TOOLS = [['runc', 'runc']]

/** Node 24 of this clone: what every part of Setpoint runs on. */
const NODE = join(ROOT, 'node_modules', 'node', 'bin', 'node')

/** `--tests`: also what only the tests need. `--root`: what comes next needs root. */
function main(flags) {
  if (flags.includes('--root')) needRoot()
  installTools(missingTools(flags.includes('--tests')))
  if (!packagesAreFresh()) installPackages()
}

/** Ends the process with 1 unless it runs as root: only root can make containers. */
function needRoot() {
  if (process.getuid() === 0) return
  const script = process.env.npm_lifecycle_event || 'start'
  const command = ['start', 'stop', 'test'].includes(script) ? `npm ${script}` : `npm run ${script}`
  fail(`Setpoint makes containers, which takes root. Run:\n  sudo env "PATH=$PATH" ${command}`)
}

function missingTools(tests) {
  const wanted = [...TOOLS, ...(tests ? TEST_TOOLS : []), ...(isHybrid() ? HYBRID_TOOLS : [])]
  return [...new Set(wanted.filter(([command]) => !inPath(command)).map(([, name]) => name))]
}

function isHybrid() {
  return !existsSync('/sys/fs/cgroup/cgroup.controllers')
}

function inPath(command) {
  if (command.startsWith('/')) return isExecutable(command)
  const folders = [...(process.env.PATH || '').split(delimiter), ...SYSTEM_FOLDERS]
  return folders.some((folder) => folder !== '' && isExecutable(join(folder, command)))
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function installTools(packages) {
  if (packages.length === 0) return
  const names = packages.join(' ')
  const line = `apt-get update && apt-get install -y --no-install-recommends ${names}`
  if (!inPath('apt-get')) fail(`These tools are missing, and there is no apt-get to install them: ${names}`)
  if (process.getuid() !== 0) fail(`System packages are missing. Run:\n  sudo sh -c '${line}'`)
  console.log(`Installing system packages: ${names}`)
  withoutStartingServices(packages, () => {
    quietly(['apt-get', 'update', '-q'], `Run it by hand to see more:\n  ${line}`)
    quietly(
      ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages],
      `Run it by hand to see more:\n  ${line}`,
    )
  })
}

/** Debian starts a service when its package is installed; Setpoint only wants the programs. */
function withoutStartingServices(packages, install) {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  const remove = () => ours && existsSync(policy) && unlinkSync(policy)
  process.once('exit', remove) // `fail` exits without unwinding
  try {
    install()
    disableServices(packages.filter((name) => name === 'redis-server' || name === 'docker-registry'))
  } finally {
    remove()
    process.removeListener('exit', remove)
  }
}

/** Stops the service that came with a package, now and at the next boot: nobody asked for it. */
function disableServices(services) {
  if (services.length === 0 || !inPath('systemctl')) return
  spawnSync('systemctl', ['disable', '--now', '--quiet', ...services], { stdio: 'ignore', timeout: 30000 })
}

/** True when node_modules is what package-lock.json asks for, whoever installed it. */
function packagesAreFresh() {
  const wanted = readLock('package-lock.json')
  const found = readLock(join('node_modules', '.package-lock.json'))
  if (wanted === undefined || found === undefined || !isExecutable(NODE)) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const installed = found[path]
    return installed === undefined ? entry.optional === true : installed.version === entry.version
  })
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8')).packages
  } catch {
    return undefined
  }
}

function installPackages() {
  console.log('Installing npm packages')
  quietly(['npm', 'ci', '--no-audit', '--no-fund'], `Run it by hand to see more:\n  cd ${ROOT} && npm ci`)
  if (!isExecutable(NODE)) {
    fail(
      'npm did not install Node 24 (the package `node`). Install scripts may be off: npm config set ignore-scripts false',
    )
  }
}

/** Runs a command without its output, unless it fails. */
function quietly([command, ...args], advice) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 10 * 60 * 1000,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', PATH: pathWithoutOwnNode() },
  })
  if (result.status === 0) return
  const lines = `${result.stdout || ''}${result.stderr || ''}`.trim().split('\n')
  const errors = lines.filter((line) => /^(npm error|E:|Err:)/.test(line))
  const said = (errors.length > 0 ? errors.slice(0, 8) : lines.slice(-8)).join('\n')
  fail(
    `${[command, ...args].join(' ')} failed${result.error ? `: ${result.error.message}` : ''}\n${said}\n${advice}`,
  )
}

/** npm must not run on the Node that `npm ci` is about to replace. */
function pathWithoutOwnNode() {
  const own = resolve(ROOT, 'node_modules')
  const folders = (process.env.PATH || '')
    .split(delimiter)
    .filter((folder) => !resolve(folder).startsWith(own))
  return [...folders, ...SYSTEM_FOLDERS].join(delimiter)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

main(process.argv.slice(2))
