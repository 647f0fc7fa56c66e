package sock

import "hoplab/sim/stack"

// status is what ss(8) shows of a connection.
func (c *tcb) status() stack.SocketStatus {
	return stack.SocketStatus{State: c.state.String(), RecvQ: c.unread(), SendQ: len(c.buf)}
}

// status is what ss(8) shows of a listener.
func (l *tcpListener) status() stack.SocketStatus {
	return stack.SocketStatus{State: "LISTEN", RecvQ: len(l.ready), SendQ: l.backlog}
}
