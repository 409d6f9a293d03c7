/** The state folder of controller and agent unless told otherwise. */
export const DEFAULT_STATE = '/var/lib/setpoint'
