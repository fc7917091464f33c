// Command lookup asks Go's own resolver for the addresses of a name.
//
//	lookup NAME both|4|6
//
// It prints `found` and the families of the addresses, or which error it was.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		os.Exit(2)
	}
	network := map[string]string{"both": "ip", "4": "ip4", "6": "ip6"}[os.Args[2]]
	resolver := net.Resolver{PreferGo: true}
	addresses, err := resolver.LookupIP(context.Background(), network, os.Args[1])
	var failed *net.DNSError
	switch {
	case err == nil:
		four, six := "", ""
		for _, address := range addresses {
			if address.To4() != nil {
				four = " 4"
			} else {
				six = " 6"
			}
		}
		fmt.Printf("found%s%s\n", four, six)
	case !errors.As(err, &failed):
		fmt.Println(err)
	case failed.IsNotFound:
		fmt.Println("noname")
	case failed.IsTemporary:
		fmt.Println("again")
	default:
		fmt.Println("fail")
	}
}
