interface Service {
  stack: string
  service: string
}

/** A place for one task of a service. In a plan, slots of a global service are named after their hosts. */
interface SlotInStack {
  service: string
  slot: number | string
}

/** True for two of one service. */
export function sameService(a: Service, b: Service): boolean {
  return a.stack === b.stack && a.service === b.service
}

/** `web/app.2`: how people read a slot, and name it. */
export function slotName({ stack, ...place }: SlotInStack & { stack: string }): string {
  return `${stack}/${slotInStack(place)}`
}

/** `app.2`: the same where the stack is known. */
export function slotInStack({ service, slot }: SlotInStack): string {
  return `${service}.${slot}`
}
