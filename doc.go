// Package deputy is the root of the module: its tests hold the rules of the whole tree.
package deputy
