# What the port's Makefile asks of the ports' framework, in small, for a machine that has no ports tree: the names and
# meanings are bsd.port.mk's, bsd.options.mk's, Uses/cargo.mk's, Uses/python.mk's and Features/lto.mk's. What the port defines is used as those would use it;
# cargo is the script beside this, which writes files where cargo would. The test gives WRKDIR, WRKSRC and WITHOUT.

PREFIX?=	/usr/local
STAGEDIR=	${WRKDIR}/stage
DOCSDIR=	${PREFIX}/share/doc/${PORTNAME}
FILESDIR=	${.CURDIR}/files
TMPPLIST=	${WRKDIR}/.PLIST.mktmp
MTREE=		bin etc include lib libdata/pkgconfig libexec sbin share/doc share/man/man3 share/man/man7 share/man/man8

MKDIR=		mkdir -p
SED=		sed
SETENV=		env
SH=		sh
INSTALL_DATA=	install -m 0644
INSTALL_LIB=	install -m 0644
INSTALL_MAN=	install -m 0444
INSTALL_PROGRAM=	install -m 0555
INSTALL_SCRIPT=	install -m 0555

LN=		ln
BINARY_LINKDIR=	${WRKDIR}/.bin
MAKE_ENV=	PATH=${BINARY_LINKDIR}:${PATH}

CARGO:=		sh ${.PARSEDIR}/cargo
CARGO_CARGOTOML=	${WRKSRC}/Cargo.toml
CARGO_TARGET_DIR=	${WRKDIR}/target
CARGO_BUILD_TARGET=	x86_64-unknown-freebsd
CARGO_ENV=	CARGO_BUILD_TARGET=${CARGO_BUILD_TARGET} CARGO_TARGET_DIR=${CARGO_TARGET_DIR} RUSTFLAGS=" -C link-arg=-s"
CARGO_CARGO_RUN=	cd ${WRKSRC}; ${SETENV} ${CARGO_ENV} ${CARGO}
CARGO_BUILD_ARGS+=	--release

PORT_OPTIONS:=	DOCS ${OPTIONS_DEFAULT}
.for opt in ${WITHOUT}
PORT_OPTIONS:=	${PORT_OPTIONS:N${opt}}
.endfor
PLIST_SUB=	-e 's|%%DOCSDIR%%|share/doc/${PORTNAME}|'
.for opt in ${OPTIONS_DEFINE}
.  if ${PORT_OPTIONS:M${opt}}
PLIST_SUB+=	-e 's|%%${opt:S/^DOCS$/PORTDOCS/}%%||'
# NAME+=WORD, as the only form that is used here.
.    for var in ${${opt}_VARS}
${var:C/\+=.*//}+=	${var:C/.*\+=//}
.    endfor
USES+=		${${opt}_USES}
RUN_DEPENDS+=	${${opt}_RUN_DEPENDS}
.    if target(do-install-${opt}-on)
_INSTALL+=	do-install-${opt}-on
.    endif
.  else
PLIST_SUB+=	-e 's|%%${opt:S/^DOCS$/PORTDOCS/}%%|@comment |'
.  endif
.endfor
SUB_FILES+=	${USE_RC_SUBR}

# Of two uses with one name the first alone is looked at.
.for use in ${USES}
.  if !defined(ARGS_${use:C/:.*//})
ARGS_${use:C/:.*//}:=	${use:C/^[^:]*:*//:S/,/ /g}
.  endif
.endfor
.if ${USES:Mpython*}
PYTHON_PKGNAMEPREFIX=	py311-
PY_FLAVOR=	py311
PYTHON_CMD=	/usr/local/bin/python3.11
.  for stage in BUILD RUN TEST
.    if ${ARGS_python:M${stage:tl}} || empty(ARGS_python)
${stage}_DEPENDS+=	${PYTHON_CMD}:lang/python311
.    endif
.  endfor
.endif
# Whoever uses cargo is linked as a whole unless that is called unsafe, and what is, aborts where it panics: cargo
# takes that from its environment, whatever the source's own profile says.
.if ${USES:Mcargo} && !defined(LTO_UNSAFE)
CARGO_ENV+=	CARGO_PROFILE_RELEASE_LTO="true" CARGO_PROFILE_RELEASE_PANIC="abort" \
		CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
.endif

stage: do-build stage-dir apply-slist do-install ${_INSTALL} install-rc-script compress-man generate-plist

stage-dir:
	@${MKDIR} ${MTREE:S|^|${STAGEDIR}${PREFIX}/|}

apply-slist:
.for file in ${SUB_FILES}
	@${SED} -e 's|%%PREFIX%%|${PREFIX}|g' ${FILESDIR}/${file}.in > ${WRKDIR}/${file}
.endfor

install-rc-script:
.for script in ${USE_RC_SUBR}
	@${MKDIR} ${STAGEDIR}${PREFIX}/etc/rc.d
	@${INSTALL_SCRIPT} ${WRKDIR}/${script} ${STAGEDIR}${PREFIX}/etc/rc.d/${script}
.endfor

compress-man:
	@find ${STAGEDIR}${PREFIX}/share/man -type f -exec gzip -n {} +

generate-plist:
	@${SED} ${PLIST_SUB} pkg-plist > ${TMPPLIST}
.for script in ${USE_RC_SUBR}
	@echo etc/rc.d/${script} >> ${TMPPLIST}
.endfor
