import type { ContainerSpec } from '../../../../schemas/container.ts'
import { defined } from '../../defined.ts'
import type { ServiceDraft } from '../service.ts'

type Settings = Pick<
  ContainerSpec,
  'networkMode' | 'hostname' | 'domainname' | 'extraHosts' | 'dns' | 'sysctls'
>

/**
 * How a service reaches others, beside its networks. Who shares a network has the hostname that goes with it, as in
 * Docker.
 * @param services all of the stack
 */
export function networkSettings(service: ServiceDraft, services: ServiceDraft[]): Settings {
  const { network_mode: networkMode, domainname, sysctls } = service
  const owner =
    typeof networkMode === 'object' ? services.find(({ name }) => name === networkMode.service) : service
  return defined({
    networkMode,
    hostname: owner?.hostname,
    domainname,
    extraHosts: filled(service.extra_hosts),
    dns: dnsOf(service),
    sysctls: sysctls && Object.keys(sysctls).length > 0 ? sysctls : undefined,
  })
}

function dnsOf({ dns: servers, dns_search, dns_opt }: ServiceDraft): ContainerSpec['dns'] {
  const dns = defined({ servers: filled(servers), search: filled(dns_search), options: filled(dns_opt) })
  return Object.keys(dns).length > 0 ? dns : undefined
}

function filled<T>(items: T[] | undefined): T[] | undefined {
  return items && items.length > 0 ? items : undefined
}
