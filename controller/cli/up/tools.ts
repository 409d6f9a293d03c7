import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SetpointError } from '../../../schemas/error.ts'

export type Runtime = 'auto' | 'crun' | 'runc'

/** The programs that `up` needs, any one of each group, and the Debian package of the first. */
function needs(runtime: Runtime): { anyOf: string[]; package: string }[] {
  return [
    { anyOf: ['git'], package: 'git' },
    { anyOf: ['redis-server'], package: 'redis-server' },
    runtime === 'auto'
      ? { anyOf: ['crun', 'runc'], package: 'crun' }
      : { anyOf: [runtime], package: runtime },
    { anyOf: ['conmon'], package: 'conmon' },
    { anyOf: ['buildah'], package: 'buildah' },
    { anyOf: ['ip'], package: 'iproute2' },
    { anyOf: ['nft'], package: 'nftables' },
    { anyOf: ['dnsmasq'], package: 'dnsmasq-base' },
  ]
}

/** Root's PATH in a cron job or a service often lacks these. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** @throws SetpointError RUNTIME_MISSING that names every package to install at once */
export function requireTools(runtime: Runtime, path: string, isThere = findTool): void {
  const missing = needs(runtime).filter(({ anyOf }) => !anyOf.some((tool) => isThere(tool, path)))
  if (missing.length === 0) return
  const tools = missing.map(({ anyOf }) => anyOf.join(' or ')).join(', ')
  const packages = missing.map((need) => need.package).join(' ')
  throw new SetpointError('RUNTIME_MISSING', `These programs are not installed: ${tools}.`, {
    hint: existsSync('/usr/bin/apt-get')
      ? `Install them: \`apt-get install -y --no-install-recommends ${packages}\`.`
      : `Install them with your package manager; Debian's packages are: ${packages}.`,
  })
}

/** A PATH on which the system's own programs are found as well. */
export function systemPath(path: string): string {
  return [...new Set([...path.split(':').filter(Boolean), ...SYSTEM_FOLDERS])].join(':')
}

function findTool(tool: string, path: string): boolean {
  return systemPath(path)
    .split(':')
    .some((folder) => isProgram(join(folder, tool)))
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
