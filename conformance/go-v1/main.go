// A client on the AWS SDK for Go v1 for the end-to-end tests; ../README.md describes the commands.
//
// Nothing is configured here but the endpoint of STS, which this SDK reads from no variable.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/ec2metadata"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"
)

const (
	exitFailed       = 1
	exitNotSupported = 2
	exitServiceError = 3
)

var errNotSupported = errors.New("not supported")

func main() {
	err := run(os.Args[1:])
	var answered awserr.RequestFailure
	switch {
	case err == nil:
	case errors.Is(err, errNotSupported):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitNotSupported)
	case errors.As(err, &answered):
		fmt.Fprintln(os.Stderr, serviceError(answered))
		os.Exit(exitServiceError)
	default:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(exitFailed)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("a command is missing; see README.md")
	}
	switch command, rest := arguments[0], arguments[1:]; {
	case command == "metadata" && len(rest) == 0:
		return metadata()
	case command == "whoami" && len(rest) == 0:
		return whoami("")
	case command == "whoami" && len(rest) == 2 && rest[0] == "--endpoint-url":
		return whoami(rest[1])
	default:
		return errNotSupported
	}
}

// The default chain of this SDK looks for credentials on the instance, but not for the region.
func metadata() error {
	chain, err := session.NewSession()
	if err != nil {
		return err
	}
	region := aws.StringValue(chain.Config.Region)
	if region == "" {
		if region, err = ec2metadata.New(chain).Region(); err != nil {
			return err
		}
	}
	found, err := chain.Config.Credentials.Get()
	if err != nil {
		return err
	}
	fmt.Printf("region %s\naccess-key-id %s\n", region, found.AccessKeyID)
	return nil
}

func whoami(endpoint string) error {
	chain, err := session.NewSession()
	if err != nil {
		return err
	}
	own := aws.NewConfig()
	if endpoint != "" {
		own.Endpoint = aws.String(endpoint)
	}
	answer, err := sts.New(chain, own).GetCallerIdentity(&sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	fmt.Println(aws.StringValue(answer.Arn))
	return nil
}

func serviceError(answered awserr.RequestFailure) string {
	line, _ := json.Marshal(struct {
		Code    string `json:"code"`
		Status  int    `json:"status"`
		Message string `json:"message"`
	}{answered.Code(), answered.StatusCode(), answered.Message()})
	return string(line)
}
