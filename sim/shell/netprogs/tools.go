package netprogs

import "hoplab/sim/shell"

// Tools lists the commands of this package.
func Tools() []shell.Tool {
	return []shell.Tool{pingTool(), tcpdumpTool(), tracerouteTool(), tracepathTool(), ncatTool(), ncTool(), socatTool()}
}
