import type { Cursor } from '../cursor.ts'
import type { MapNode } from '../yaml/node.ts'
import { entriesBelow } from './below.ts'
import { checkBuild } from './checks/build.ts'
import { checkContainerNames } from './checks/container-names.ts'
import { checkCycles } from './checks/cycles.ts'
import { checkDevelop } from './checks/develop.ts'
import { checkFileObjects } from './checks/file-objects.ts'
import { checkLimits } from './checks/limits.ts'
import { checkMounts } from './checks/mounts.ts'
import { checkNetworkMode } from './checks/network-mode.ts'
import { checkReferences } from './checks/references.ts'
import { checkReplicas } from './checks/replicas.ts'
import { checkRequired } from './checks/required.ts'
import { checkResources } from './checks/resources.ts'
import { checkSource } from './checks/source.ts'
import { composeFile } from './model/compose-file.ts'

/**
 * Checks that need more than one field: what is required, references, cycles, conflicts. All problems at once, each
 * where it is best put right.
 * @param at the model with its defaults
 * @param all the model with the services that no profile enables
 */
export function checkConsistency(at: Cursor, all: MapNode): void {
  checkRequired(at, composeFile)
  const services = entriesBelow(at, 'services')
  for (const [, service] of services) for (const check of SERVICE_CHECKS) check(service)
  checkReferences(services, at.node, all)
  checkCycles(services)
  checkContainerNames(services)
  checkResources(at)
  checkFileObjects(at)
}

const SERVICE_CHECKS = [
  checkSource,
  checkBuild,
  checkNetworkMode,
  checkReplicas,
  checkLimits,
  checkMounts,
  checkDevelop,
]
