/** Where live sessions are opened, over WebSocket. */
export const SESSION_PATH = '/v1/session'
