// A client on the AWS SDK for Go v2 for the end-to-end tests; ../README.md describes the commands.
//
// Nothing is configured here but the endpoint of STS, which old versions read from no variable.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

const (
	exitFailed       = 1
	exitNotSupported = 2
	exitServiceError = 3
)

var errNotSupported = errors.New("not supported")

func main() {
	err := run(context.Background(), os.Args[1:])
	var answered smithy.APIError
	var response *http.ResponseError
	switch {
	case err == nil:
	case errors.Is(err, errNotSupported):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitNotSupported)
	case errors.As(err, &answered) && errors.As(err, &response):
		fmt.Fprintln(os.Stderr, serviceError(answered, response.HTTPStatusCode()))
		os.Exit(exitServiceError)
	default:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(exitFailed)
	}
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("a command is missing; see README.md")
	}
	switch command, rest := arguments[0], arguments[1:]; {
	case command == "metadata" && len(rest) == 0:
		return metadata(ctx)
	case command == "whoami" && len(rest) == 0:
		return whoami(ctx, "")
	case command == "whoami" && len(rest) == 2 && rest[0] == "--endpoint-url":
		return whoami(ctx, rest[1])
	default:
		return errNotSupported
	}
}

// The default chain, and the region from the instance where nothing else tells it. The SDK's option
// WithEC2IMDSRegion asks the same, but old versions ask IPv4 whatever the endpoint mode is.
func environment(ctx context.Context) (aws.Config, error) {
	chain, err := config.LoadDefaultConfig(ctx)
	if err != nil || chain.Region != "" {
		return chain, err
	}
	answer, err := imds.NewFromConfig(chain).GetRegion(ctx, &imds.GetRegionInput{})
	if err != nil {
		return chain, err
	}
	chain.Region = answer.Region
	return chain, nil
}

func metadata(ctx context.Context) error {
	chain, err := environment(ctx)
	if err != nil {
		return err
	}
	found, err := chain.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("region %s\naccess-key-id %s\n", chain.Region, found.AccessKeyID)
	return nil
}

func whoami(ctx context.Context, endpoint string) error {
	chain, err := environment(ctx)
	if err != nil {
		return err
	}
	client := sts.NewFromConfig(chain, func(options *sts.Options) {
		if endpoint != "" {
			options.EndpointResolver = sts.EndpointResolverFromURL(endpoint)
		}
	})
	answer, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	fmt.Println(aws.ToString(answer.Arn))
	return nil
}

func serviceError(answered smithy.APIError, status int) string {
	line, _ := json.Marshal(struct {
		Code    string `json:"code"`
		Status  int    `json:"status"`
		Message string `json:"message"`
	}{answered.ErrorCode(), status, answered.ErrorMessage()})
	return string(line)
}
