import type { Cursor } from '../../cursor.ts'
import type { MapNode } from '../../yaml/node.ts'
import { entriesBelow } from '../below.ts'
import { composeFile } from '../model/compose-file.ts'
import { checkBuild } from './build.ts'
import { checkContainerNames } from './container-names.ts'
import { checkCycles } from './cycles.ts'
import { checkDevelop } from './develop.ts'
import { checkFileObjects } from './file-objects.ts'
import { checkLimits } from './limits.ts'
import { checkMounts } from './mounts.ts'
import { checkNetworkMode } from './network-mode.ts'
import { checkReferences } from './references.ts'
import { checkReplicas } from './replicas.ts'
import { checkRequired } from './required.ts'
import { checkResources } from './resources.ts'
import { checkSource } from './source.ts'

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
